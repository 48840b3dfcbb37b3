import { ReviewError } from '../errors.js';
import type { Finding, Report } from '../hardening/report.js';
import { harden } from '../hardening/harden.js';
import { isDenied } from '../hardening/explain.js';
import { type Remaining, type Standing, standingOf } from '../hardening/standing.js';
import { expectedOf, templatePathOf } from '../hardening/workloads.js';
import type { NamespaceFacts, Pod } from '../kubernetes.js';
import { podFault } from '../podShape.js';
import { complaintOf, isMapping } from '../shape.js';
import { isControlled, type PlanFor } from './pods.js';
import type { ReviewRequest } from './review.js';
import { fewWarningLines, flagsOf, skipsOf } from './warnings.js';

/** Lines that a person reads while applying a folder of manifests. */
const maxLines = 6;

/** Whether the request creates or changes an object whose controller makes pods of a template. */
export function isWorkloadChange({ kind, operation, subResource }: ReviewRequest): boolean {
  if (subResource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
  return (templatePathOf(kind.group, kind.kind)?.length ?? 0) > 0;
}

/** What the person is told who creates a workload or changes its pod template: what its pods will get, what they will
 *  still lack, whether they will be refused. Nothing where a controller does, and where the template stays the same. */
export function templateWarnings(
  { kind, operation, name, object, oldObject }: ReviewRequest,
  facts: NamespaceFacts,
  planFor: PlanFor,
): string[] {
  const path = templatePathOf(kind.group, kind.kind);
  const template = path === undefined ? undefined : valueAt(object, path);
  if (
    path === undefined ||
    !isMapping(template) ||
    !isMapping(object) ||
    isControlled(object as unknown as Pod)
  )
    return [];
  if (operation === 'UPDATE' && isSame(template, valueAt(oldObject, path))) return [];
  const fault = podFault(template);
  if (fault !== undefined)
    return fewWarningLines(
      [`not judged: ${new ReviewError(complaintOf(fault, path.join('.'))).message}`],
      maxLines,
    );
  const pod = template as unknown as Pod;
  const plan = planFor(pod, facts);
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const report = harden(pod, plan, facts, expectedOf({ apiVersion, kind: kind.kind, name, value: object }));
  if (report.exemption !== undefined) return [];
  const notices = report.notices.map(({ text }) => text);
  if (report.mode === 'audit') return fewWarningLines(notices, maxLines);
  const findings = report.findings.map((finding) => relocated(finding, path));
  const standing = standingOf(pod, report, facts.labels);
  const hasOptedOut = plan.optOut !== undefined;
  return fewWarningLines(
    [
      ...refusalOf(findings),
      ...missedLevelOf(standing),
      ...changesOf(report),
      ...notices,
      ...(standing.missed === undefined && !hasOptedOut ? levelOf(standing) : []),
      ...flagsOf(findings.filter((finding) => !isDenied(finding))),
      ...skipsOf(findings),
    ],
    maxLines,
  );
}

/** Both come from one API server, in one request: it writes the same value in the same way. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), object);
}

/** With fields as the author of the workload knows them: `spec.template.spec.hostPID`. */
function relocated(finding: Finding, path: readonly string[]): Finding {
  const { decision } = finding;
  if (decision.kind !== 'flag') return finding;
  const flags = decision.flags.map((flag) =>
    Object.assign({}, flag, { field: [...path, flag.field].join('.') }),
  );
  return { ...finding, decision: { ...decision, flags } };
}

function refusalOf(findings: readonly Finding[]): string[] {
  const denied = findings.filter(isDenied);
  if (denied.length === 0) return [];
  const controls = denied.map(({ control }) => control).join(', ');
  const fields = denied.flatMap(({ decision }) =>
    decision.kind === 'flag' ? decision.flags.map(({ field, found }) => `${field} is ${found}`) : [],
  );
  return [`its pods will be refused by ${controls}: ${fields.join(', ')}`];
}

function changesOf({ policy, findings }: Report): string[] {
  const controlsIn = (wanted: Finding['mode']) => {
    const changing = findings.filter(({ mode, decision }) => mode === wanted && decision.kind === 'change');
    return [...new Set(changing.map(({ control }) => control))].join(', ');
  };
  const [made, possible] = [controlsIn('enforce'), controlsIn('warn')];
  return [
    ...(made === '' ? [] : [`its pods will be hardened by policy ${policy}: ${made}`]),
    ...(possible === '' ? [] : [`its pods would be hardened by policy ${policy}: ${possible}`]),
  ];
}

function missedLevelOf({ missed, remaining }: Standing): string[] {
  if (missed === undefined) return [];
  return [`its pods will be refused by Pod Security level ${missed}: ${factsOf(remaining)}`];
}

/** What namespace or policy would have to change is none of the author's business. */
function levelOf({ after, remaining }: Standing): string[] {
  const own = remaining.filter(({ who }) => who === 'author' || who === 'image');
  if (own.length === 0) return [];
  return [`its pods will reach Pod Security level ${after}, not restricted: ${factsOf(own)}`];
}

/** `containers/app securityContext.runAsUser is 0; pod hostNetwork is true`. */
function factsOf(remaining: readonly Remaining[]): string {
  const places = remaining.map(({ target, field, found }) => {
    const state = found === undefined ? 'is not set' : `is ${JSON.stringify(found)}`;
    return `${target} ${field} ${state}`;
  });
  return [...new Set(places)].join('; ');
}
