import type { Operation } from 'fast-json-patch';
import type { Decision } from '../controls/kit/define.js';
import type { Pod } from '../kubernetes.js';
import type { NamespaceMode, Notice, RunningMode } from '../policy/plan.js';

/** Reasons that hold for any control, and the sentence for each. */
export const engineSkips = {
  windows: 'not for Windows pods, where most of these fields are refused or mean nothing',
  privileged: 'the container is privileged: hardening would mean nothing or make it invalid',
  optedOut: 'the pod opted out of it by annotation',
  imageCannot: 'the policy knows that the image cannot run under it',
} as const;
export type EngineSkip = keyof typeof engineSkips;

/** Why a pod as a whole was left alone, and the sentence for each. */
export const exemptions = {
  mirrorPod: 'the copy of a static pod: the kubelet deletes it when it differs from its file',
  notOptedIn: 'its namespace has no label podtemper.io/mode',
} as const;
export type Exemption = keyof typeof exemptions;

/** What one control says of one target. */
export interface Finding {
  readonly control: string;
  /** `pod`, or list and name of a container: `containers/app`. */
  readonly target: string;
  /** Only a change in mode `enforce` is in the patch. */
  readonly mode: RunningMode;
  readonly decision: Decision;
}

/** All that hardening has to say of one pod. Each output renders it. */
export interface Report {
  readonly policy: string;
  readonly mode: NamespaceMode;
  readonly exemption: Exemption | undefined;
  readonly findings: readonly Finding[];
  /** What a person should know besides: misspelt ids, expired opt-outs. */
  readonly notices: readonly Notice[];
  /** The controls that changed the pod, in the order of the registry. */
  readonly changed: readonly string[];
  readonly hardened: Pod;
  /** JSON Patch (RFC 6902) from the pod to `hardened`: `add` only. */
  readonly patch: readonly Operation[];
}
