import type { Bound, ControlMode, Known, NonRootIntent } from '../controls/kit/define.js';
import { describeBadWritablePath } from '../controls/kit/paths.js';
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
import { type OptOut, readOptOut } from './optOut.js';
import { type Policy, type PolicySet, settingsOf } from './policy.js';

export const namespaceModes = ['enforce', 'warn', 'audit'] as const;
/** What becomes of a namespace's pods: patched; told of; only counted and logged. */
export type NamespaceMode = (typeof namespaceModes)[number];
export type RunningMode = Exclude<ControlMode, 'off'>;

/** What a person should know of how labels and annotations were read. */
export interface Notice {
  readonly code: string;
  readonly text: string;
}

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
  readonly optOut: OptOut | undefined;
  readonly notices: readonly Notice[];
  readonly known: (container: Container) => Known;
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

const strength: Readonly<Record<ControlMode, number>> = { off: 0, audit: 1, warn: 2, enforce: 3 };

/** The plan for pods of a namespace that carry no annotations of ours. */
export function planNamespace({
  policies,
  facts,
  unlabelledMode,
  defaultPolicy,
}: PlanInput): Plan & { source: Policy } {
  const notices: Notice[] = [];
  const policyName = facts.labels[labelKeys.policy] ?? defaultPolicy;
  const named = policies.get(policyName);
  if (named === undefined) {
    const advice =
      didYouMean(policyName, [...policies.keys()]) ?? `there is ${[...policies.keys()].join(', ')}`;
    notices.push({
      code: 'unknownPolicy',
      text: `${labelKeys.policy}: no policy "${policyName}"; ${advice}`,
    });
  }
  const policy = named ?? policies.get('default') ?? fail('the policy set has no default');
  const label = facts.labels[labelKeys.mode];
  const labelled = namespaceModes.find((mode) => mode === label);
  if (label !== undefined && labelled === undefined) {
    const text = `${labelKeys.mode}: expected enforce, warn or audit, found "${label}"; taken as audit`;
    notices.push({ code: 'unknownMode', text });
  }
  // A label that means nothing must not change pods by surprise: it is looked at, not acted on.
  const mode = notices.length > 0 ? 'audit' : (labelled ?? unlabelledMode);
  const running = (mode ?? 'audit') satisfies NamespaceMode;
  const controls = planControls(policy, running);
  return {
    source: policy,
    policy: policy.name,
    mode: running,
    exemption: mode === undefined ? 'notOptedIn' : undefined,
    controls,
    nonRoot: intentOf(policy, facts),
    optOut: undefined,
    notices,
    known: ({ image }) => policy.images.of(image),
  };
}

function planControls(policy: Policy, namespaceMode: NamespaceMode): PlannedControl[] {
  const weaker = (mode: ControlMode) => (strength[mode] < strength[namespaceMode] ? mode : namespaceMode);
  const nonRootMode = weaker(policy.controls.find(({ id }) => id === 'runAsNonRoot')?.mode ?? 'off');
  return policy.controls.flatMap(({ id, os, bound, mode: ownMode }) => {
    const mode = weaker(ownMode);
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
  const notices = [...namespace.notices];
  warnOfUnknownKeys(annotations, notices);
  const optOut = readOptOut(annotations, namespace.source.document, facts, today, notices);
  const own = readOwn(annotations, notices);
  const isOut = (id: string) => optOut.controls.has(id);
  return {
    ...namespace,
    notices,
    optOut: optOut.controls.size > 0 ? optOut : undefined,
    nonRoot: namespace.nonRoot,
    controls: namespace.controls.map((control) => ({
      ...control,
      optedOut: isOut(control.id),
      seesNonRoot: control.seesNonRoot && !isOut('runAsNonRoot'),
    })),
    known: own === undefined ? namespace.known : (container) => addOwn(namespace.known(container), own),
  };
}

function warnOfUnknownKeys(annotations: Readonly<Record<string, string>>, notices: Notice[]): void {
  const known: string[] = Object.values(annotationKeys);
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(keyPrefix) || known.includes(key)) continue;
    const advice = didYouMean(key, known) ?? 'it has no effect';
    notices.push({ code: 'unknownAnnotation', text: `no annotation "${key}"; ${advice}` });
  }
}

/** What the pod says of itself by annotation. */
interface Own {
  readonly runAsUser: number | undefined;
  readonly writablePaths: readonly string[];
}

function readOwn(annotations: Readonly<Record<string, string>>, notices: Notice[]): Own | undefined {
  const user = annotations[annotationKeys.runAsUser];
  const paths = annotations[annotationKeys.writablePaths];
  if (user == null && paths == null) return undefined;
  return {
    runAsUser: user == null ? undefined : readUser(user.trim(), notices),
    writablePaths: paths == null ? [] : readPaths(paths, notices),
  };
}

const maxUserId = 2_147_483_647;

function readUser(text: string, notices: Notice[]): number | undefined {
  const user = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (user >= 1 && user <= maxUserId) return user;
  const advice = user === 0 ? `; to stay root set ${annotationKeys.optOut}: runAsNonRoot` : '';
  notices.push({
    code: 'badRunAsUser',
    text: `${annotationKeys.runAsUser}: expected a user ID above 0, found "${text}"${advice}`,
  });
  return undefined;
}

function readPaths(text: string, notices: Notice[]): string[] {
  return text
    .split(',')
    .map((path) => path.trim())
    .filter((path) => {
      if (path === '') return false;
      const expected = describeBadWritablePath(path);
      if (expected === undefined) return true;
      notices.push({
        code: 'badWritablePath',
        text: `${annotationKeys.writablePaths}: expected ${expected}, found "${path}"`,
      });
      return false;
    });
}

function addOwn(known: Known, own: Own): Known {
  return {
    ...known,
    runAsUser: own.runAsUser ?? known.runAsUser,
    writablePaths: [...known.writablePaths, ...own.writablePaths],
    // A pod that names its user knows better than the catalogue that the image needs root.
    cannot: own.runAsUser === undefined ? known.cannot : known.cannot.filter((id) => id !== 'runAsNonRoot'),
  };
}

function fail(message: string): never {
  throw new RangeError(message);
}
