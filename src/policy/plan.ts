import type { Known, NonRootIntent } from '../controls/kit/context.js';
import type { Bound, ControlMode, MutatingMode } from '../controls/kit/define.js';
import type { Exemption } from '../hardening/report.js';
import {
  annotationKeys,
  type Container,
  keyPrefix,
  labelKeys,
  type Metadata,
  type NamespaceFacts,
} from '../kubernetes.js';
import { didYouMean } from './nearest.js';
import { type Notice, Notices, quote } from './notices.js';
import { noticeGrant, type OptOut, type OptOutRules, readOptOut } from './optOut.js';
import { readOwn, withOwn } from './own.js';
import { type Policy, type PolicySet, settingsOf } from './policy.js';

export const namespaceModes = ['enforce', 'warn', 'audit'] as const;
/** What becomes of a namespace's pods: patched; told of; only counted and logged. */
export type NamespaceMode = (typeof namespaceModes)[number];
export type RunningMode = Exclude<ControlMode, 'off'>;

/** One control on one pod. */
export interface PlannedControl {
  readonly id: string;
  readonly os: 'linux' | 'any';
  readonly mode: RunningMode;
  readonly bound: Bound;
  readonly optedOut: boolean;
  /** Whether it may count on what runAsNonRoot does. */
  readonly seesNonRoot: boolean;
}

/** Which controls run on a pod, in which mode, and what was opted out. */
export interface Plan {
  readonly policy: string;
  readonly mode: NamespaceMode;
  readonly exemption: Exemption | undefined;
  readonly controls: readonly PlannedControl[];
  readonly nonRoot: NonRootIntent | undefined;
  /** Whether serviceAccountToken is to take the token out of the pod. */
  readonly removesToken: boolean;
  readonly optOut: OptOut | undefined;
  /** What an opt-out needs to count. */
  readonly optOutRules: OptOutRules;
  /** Whether a pod that hardening has passed by is refused. */
  readonly requiresHardened: boolean;
  readonly notices: readonly Notice[];
  readonly known: (container: Container) => Known;
  /** What becomes of ephemeral containers, where the namespace lets it. */
  readonly ephemeralMode: MutatingMode;
}

/** What a plan is made of, besides the pod. */
export interface PlanInput {
  readonly policies: PolicySet;
  readonly facts: NamespaceFacts;
  /** Mode of a namespace without the label; undefined: such a namespace is left alone. */
  readonly unlabelledMode: NamespaceMode | undefined;
  /** Policy of a namespace without the label. */
  readonly defaultPolicy: string;
}

/** Only a namespace in `enforce` lets a control have a pod refused. */
const strength: Readonly<Record<ControlMode, number>> = { off: 0, audit: 1, warn: 2, deny: 3, enforce: 4 };

/** The mode that holds where two are asked for. */
export function weakerOf<One extends ControlMode, Other extends ControlMode>(one: One, other: Other) {
  return strength[one] < strength[other] ? one : other;
}

/** The plan for pods of a namespace that carry no annotations of ours. */
export function planNamespace({
  policies,
  facts,
  unlabelledMode,
  defaultPolicy,
}: PlanInput): Plan & { source: Policy } {
  const notices = new Notices();
  const policyName = facts.labels[labelKeys.policy] ?? defaultPolicy;
  const named = policies.get(policyName);
  if (named === undefined) {
    notices.add('unknownPolicy', () => {
      const names = [...policies.keys()];
      const advice = didYouMean(policyName, names) ?? `there is ${names.join(', ')}`;
      return `${labelKeys.policy}: no policy ${quote(policyName)}, taken as audit; ${advice}`;
    });
  }
  const policy = named ?? policies.get('default') ?? fail('the policy set has no default');
  const label = facts.labels[labelKeys.mode];
  const labelled = namespaceModes.find((mode) => mode === label);
  if (label !== undefined && labelled === undefined) {
    notices.add('unknownMode', () => {
      const advice = didYouMean(label, namespaceModes) ?? `there is ${namespaceModes.join(', ')}`;
      return `${labelKeys.mode}: no mode ${quote(label)}, taken as audit; ${advice}`;
    });
  }
  // A label that means nothing must not change pods by surprise: it is looked at, not acted on.
  const mode = !notices.isEmpty ? 'audit' : (labelled ?? unlabelledMode);
  const running = (mode ?? 'audit') satisfies NamespaceMode;
  const controls = planControls(policy, running);
  noticeGrant(facts, notices);
  return {
    source: policy,
    policy: policy.name,
    mode: running,
    exemption: mode === undefined ? 'notOptedIn' : undefined,
    controls,
    nonRoot: intentOf(policy, facts),
    removesToken: controls.some(({ id, mode: own }) => id === 'serviceAccountToken' && own === 'enforce'),
    optOut: undefined,
    optOutRules: policy.document.spec.optOut,
    requiresHardened: policy.document.spec.requireHardened && running === 'enforce',
    notices: notices.all(),
    known: ({ image }) => policy.images.of(image),
    ephemeralMode: policy.document.spec.ephemeralContainers.mode,
  };
}

function planControls(policy: Policy, namespaceMode: NamespaceMode): PlannedControl[] {
  const ownNonRootMode = policy.controls.find(({ id }) => id === 'runAsNonRoot')?.mode ?? 'off';
  const nonRootMode = weakerOf(ownNonRootMode, namespaceMode);
  return policy.controls.flatMap(({ id, os, bound, mode: ownMode }) => {
    const mode = weakerOf(ownMode, namespaceMode);
    if (mode === 'off') return [];
    return [{ id, os, bound, mode, optedOut: false, seesNonRoot: strength[nonRootMode] >= strength[mode] }];
  });
}

/** OpenShift gives each namespace a range of user IDs and rejects any other: there the platform picks. */
function intentOf(policy: Policy, facts: NamespaceFacts): NonRootIntent {
  const platformPicks = 'openshift.io/sa.scc.uid-range' in facts.annotations;
  const { runAsUser } = settingsOf(policy.document, 'runAsNonRoot');
  return { runAsUser: platformPicks ? undefined : Number(runAsUser) };
}

/** The plan for one pod: that of its namespace, and what its own annotations say. `today` is a UTC date. */
export function planPod(
  namespace: Plan & { source: Policy },
  metadata: Metadata | undefined,
  facts: NamespaceFacts,
  today: string,
): Plan {
  const annotations = metadata?.annotations;
  if (annotations == null || namespace.exemption !== undefined) return namespace;
  if (annotations['kubernetes.io/config.mirror'] !== undefined)
    return { ...namespace, exemption: 'mirrorPod' };
  if (!Object.keys(annotations).some((key) => key.startsWith(keyPrefix))) return namespace;
  const notices = new Notices(namespace.notices);
  warnOfUnknownKeys(annotations, notices);
  const optOut = readOptOut(annotations, namespace.source.document, facts, today, notices);
  const own = readOwn(annotations, notices);
  const isOut = (id: string) => optOut.controls.has(id);
  return {
    ...namespace,
    notices: notices.all(),
    optOut: optOut.controls.size > 0 ? optOut : undefined,
    nonRoot: namespace.nonRoot,
    removesToken: namespace.removesToken && !isOut('serviceAccountToken'),
    controls: namespace.controls.map((control) => ({
      ...control,
      optedOut: isOut(control.id),
      seesNonRoot: control.seesNonRoot && !isOut('runAsNonRoot'),
    })),
    known: own === undefined ? namespace.known : withOwn(namespace.known, own),
  };
}

function warnOfUnknownKeys(annotations: Readonly<Record<string, string>>, notices: Notices): void {
  const known: string[] = Object.values(annotationKeys);
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(keyPrefix) || known.includes(key)) continue;
    notices.add(
      'unknownAnnotation',
      () => `no annotation ${quote(key)}; ${didYouMean(key, known) ?? 'it has no effect'}`,
    );
  }
}

function fail(message: string): never {
  throw new RangeError(message);
}
