import { isWindows } from '../controls/kit/security.js';
import { annotationKeys, containerLists, labelKeys, type Pod } from '../kubernetes.js';
import { assess, type Violation } from '../standards/assess.js';
import { demandOf, type Level, levels, type Version } from '../standards/version.js';
import type { Finding, Report } from './report.js';

/** Where a pod stands in the Pod Security Standards, and what is left to do. */
export interface Standing {
  readonly version: Version;
  /** The highest level of the pod as it is written. */
  readonly before: Level;
  /** The highest level with hardening. */
  readonly after: Level;
  /** The level that the namespace demands, where hardening does not reach it: the API server refuses the pod. */
  readonly missed: Level | undefined;
  /** What still stands between the hardened pod and `restricted`. */
  readonly remaining: readonly Remaining[];
}

/** Who has to change something, and what. */
export interface Remedy {
  readonly who: 'author' | 'image' | 'namespace' | 'policy';
  /** The line to write. */
  readonly change: string;
}

/** One field that hardening left as it was, and what a person has to do. */
export interface Remaining extends Violation, Remedy {}

/** Measures a pod before and after hardening, by the version that its namespace asks for. Not for the admission path,
 *  which answers without it. */
export function standingOf(
  pod: Pod,
  report: Report,
  namespaceLabels: Readonly<Record<string, string>>,
): Standing {
  const { level: demanded, version } = demandOf(namespaceLabels);
  const before = assess(pod, version);
  const after = assess(report.hardened, version);
  const findings = new Map(report.findings.map((finding) => [keyOf(finding), finding]));
  const decided = { report, findings, isWindowsPod: isWindows(pod), version };
  const isMissed = levels.indexOf(after.level) < levels.indexOf(demanded);
  return {
    version,
    before: before.level,
    after: after.level,
    missed: isMissed ? demanded : undefined,
    remaining: after.violations.map((violation) =>
      Object.assign({}, violation, remedyFor(violation, decided)),
    ),
  };
}

/** The controls that fill what a check demands. */
const controlsByCheck: Readonly<Record<string, string>> = {
  allowPrivilegeEscalation: 'allowPrivilegeEscalation',
  capabilities_restricted: 'capabilities',
  runAsNonRoot: 'runAsNonRoot',
  seccompProfile_restricted: 'seccompProfile',
};

/** What hardening decided, by control and target: a pod may have many of both. */
interface Decided {
  readonly report: Report;
  readonly findings: ReadonlyMap<string, Finding>;
  readonly isWindowsPod: boolean;
  readonly version: Version;
}

function keyOf({ control, target }: Pick<Finding, 'control' | 'target'>): string {
  return `${control} ${target}`;
}

function remedyFor(violation: Violation, decided: Decided): Remedy {
  const { report, findings } = decided;
  const { check, target, field, found, write } = violation;
  const author: Remedy = { who: 'author', change: write };
  const control = controlsByCheck[check];
  // A value that is set stays, whatever the policy; but a list of drops is made longer.
  const isFilled = found === undefined || field.endsWith('.drop');
  const isHardened = containerLists.some((list) => target.startsWith(`${list}/`));
  if (control === undefined || !isFilled || !isHardened || report.exemption === 'mirrorPod') return author;
  if (report.exemption === 'notOptedIn') return optIn;
  const finding = findings.get(keyOf({ control, target }));
  if (finding === undefined) return { who: 'policy', change: `spec.controls.${control}.mode: enforce` };
  return remedyOf(finding, author, decided);
}

const optIn: Remedy = { who: 'namespace', change: `${labelKeys.mode}: enforce` };

/** What a control's decision comes from, as far as somebody can change it. */
function remedyOf(
  { control, decision }: Finding,
  author: Remedy,
  { report, isWindowsPod, version }: Decided,
): Remedy {
  if (decision.kind === 'change') {
    const inPolicy = { who: 'policy', change: `spec.controls.${control}.mode: enforce` } as const;
    return report.mode === 'enforce' ? inPolicy : optIn;
  }
  const reason = decision.kind === 'skip' ? decision.reason : '';
  if (isWindowsPod) return isExcusable(control, version) ? saysWindows : author;
  if (reason === 'optedOut') {
    return { who: 'author', change: `take ${control} out of ${annotationKeys.optOut}, or ${author.change}` };
  }
  if (reason === 'imageCannot') {
    return {
      who: 'image',
      change: `one that runs under ${control}; then a policy that no longer exempts it`,
    };
  }
  const cause = causes[reason];
  return cause === undefined ? author : { who: 'author', change: cause };
}

/** Whether the standards ask less of a pod once it says that it runs on Windows. */
function isExcusable(control: string, version: Version): boolean {
  return version >= 25 && control !== 'runAsNonRoot';
}

const saysWindows: Remedy = { who: 'author', change: 'spec.os.name: windows' };

/** What to write where a field could not be filled for the sake of another one. */
const causes: Readonly<Record<string, string>> = {
  privileged: 'leave securityContext.privileged out',
  addsAll: 'securityContext.capabilities.add: [NET_BIND_SERVICE], or none',
  addsSysAdmin: 'securityContext.capabilities.add: [NET_BIND_SERVICE], or none',
  legacyContainerAnnotation:
    'securityContext.seccompProfile: {type: RuntimeDefault}, in place of its legacy annotation',
  root: 'securityContext.runAsUser: <a user ID above 0>, or leave it out',
  lowHostPort: 'ports[*].containerPort: <1024 or above>, and have the program listen there',
  unmappedUser: 'securityContext.runAsUser: <a user ID from 1 to 65535>',
};
