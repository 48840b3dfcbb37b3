import type { Operation } from 'fast-json-patch';
import type { Decision } from '../controls/kit/decision.js';
import type { Pod } from '../kubernetes.js';
import type { Notice } from '../policy/notices.js';
import type { NamespaceMode, RunningMode } from '../policy/plan.js';

/** Reasons that hold for any control, and the sentence for each. */
export const engineSkips = {
  windows: 'not for Windows pods, where most of these fields are refused or mean nothing',
  privileged: 'the container is privileged: hardening would mean nothing or make it invalid',
  optedOut: 'the pod opted out of it by annotation',
  imageCannot: 'the image is known not to run under it',
  ephemeral: 'not for ephemeral containers, which take neither resources nor volumes of their own',
} as const;
export type EngineSkip = keyof typeof engineSkips;

/** Why a pod as a whole was left alone, and the sentence for each. */
export const exemptions = {
  mirrorPod: 'the copy of a static pod: the kubelet deletes it when it differs from its file',
  notOptedIn: 'its namespace has no label podtemper.io/mode',
  tooManyContainers: 'it has more than 1,000 containers',
  nearlyTooLarge: 'with what hardening adds it could be too large to be stored',
} as const;
/** Most containers of a pod that is hardened. What is said of each, and the patch, are many times as long as the pod:
 *  one that fits into a request could fill the memory. */
export const maxContainers = 1000;
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
  /** JSON Patch (RFC 6902) from the pod to `hardened`: `add`, and where a control takes out what the API server has put
   *  in by itself, `remove` after all of them. */
  readonly patch: readonly Operation[];
}
