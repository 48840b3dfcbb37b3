import type { Context } from '../controls/kit/context.js';
import type { Decision, Flagged } from '../controls/kit/decision.js';
import type { Bound, Control } from '../controls/kit/define.js';
import { targetOf } from '../controls/kit/flags.js';
import { isWindows } from '../controls/kit/security.js';
import { explain } from '../hardening/explain.js';
import { exemptions, type Finding, type Report } from '../hardening/report.js';
import { containerLists, type Pod, unknownNamespace } from '../kubernetes.js';
import { controlOf } from '../policy/catalogue.js';
import { nothingKnown } from '../policy/images.js';
import type { Mapping, Place } from './guide.js';
import { firstLeafOf, leafAt, spellFields, spellTree } from './leaf.js';

/** What a control has to find fault with in a pod, with its options as they are by default: nothing, where it is as hard
 *  as the control would make it. `outcome` says why hardening left it so. */
export function obstaclesOf(mapping: Mapping, pod: Pod, outcome: Outcome): Place[] {
  const { control: id, codes } =
    typeof mapping === 'string' ? { control: mapping, codes: undefined } : mapping;
  const control = controlOf(id);
  const windows = isWindows(pod);
  // Windows has no such field.
  if (windows && control.os === 'linux') return [];
  const context: Context = {
    pod,
    facts: unknownNamespace(''),
    windows,
    nonRoot: { runAsUser: 1000 },
    removesToken: false,
    known: () => nothingKnown,
  };
  return decisionsOf(boundOf(control), pod, context).flatMap((answer) => {
    const { target, decision } = answer;
    if (decision.kind === 'flag') return placesOfFlags(decision, codes);
    if (decision.kind === 'keep') return [];
    if (decision.kind === 'skip' && contented[id]?.includes(decision.reason) === true) return [];
    const finding = outcome.findings.get(keyOf({ control: id, target }));
    const reason = reasonFor(control, decision, finding, outcome.report);
    const targets = target === 'pod' ? [] : [target];
    return [{ targets, ...missing(control, answer, finding), ...(reason !== undefined && { reason }) }];
  });
}

function placesOfFlags({ flags }: Flagged, codes: readonly string[] | undefined): Place[] {
  return flags
    .filter(({ code }) => codes?.includes(code) ?? true)
    .map(({ targets, field, found, write }) => ({ targets, field, found, write }));
}

/** What hardening has decided. */
export interface Outcome {
  readonly report: Report;
  /** By control and target: a pod may have many of both. */
  readonly findings: ReadonlyMap<string, Finding>;
}

/** A report whose findings can be looked up. */
export function outcomeOf(report: Report): Outcome {
  return { report, findings: new Map(report.findings.map((finding) => [keyOf(finding), finding])) };
}

function keyOf({ control, target }: Pick<Finding, 'control' | 'target'>): string {
  return `${control} ${target}`;
}

/** Reasons for which a control has nothing to do because all is well. */
const contented: Readonly<Record<string, readonly string[]>> = {
  runAsNonRoot: ['imageTrusted'],
  resources: ['podLevelResources'],
};

const bounds = new WeakMap<Control, Bound>();

/** The control with the options that it has without a policy. */
function boundOf(control: Control): Bound {
  const bound = bounds.get(control) ?? control.bind({});
  bounds.set(control, bound);
  return bound;
}

interface Answer {
  readonly target: string;
  /** Path of the target from the pod's root. */
  readonly base: string;
  readonly subject: object;
  readonly decision: Decision;
}

function decisionsOf(bound: Bound, pod: Pod, context: Context): Answer[] {
  if (bound.scope === 'pod') {
    return [{ target: 'pod', base: 'spec', subject: pod.spec, decision: bound.decide(pod.spec, context) }];
  }
  const survey = bound.survey?.(context);
  return containerLists.flatMap((list) =>
    (pod.spec[list] ?? []).map((container, index) => ({
      target: targetOf(list, container),
      base: `spec.${list}[${index}]`,
      subject: container,
      decision: bound.decide(container, context, survey),
    })),
  );
}

/** The field that is missing, or that stands in the way; what hardening sets there, or what a person has to. */
function missing(
  control: Control,
  { base, subject, decision }: Answer,
  finding: Finding | undefined,
): Pick<Place, 'field' | 'found' | 'write'> {
  if (decision.kind !== 'change') {
    const fields = control.writes.map((field) => field.replace(/^containers\[\*\]\./, ''));
    const isSet = (field: string) => leafAt(subject, field.split('.')) != null;
    return at(base, fields.find(isSet) ?? fields[0] ?? '', subject, remedies[control.id] ?? '');
  }
  // What is known of the image is known to hardening only.
  const { set } = finding?.decision.kind === 'change' ? finding.decision : decision;
  return at(base, firstLeafOf(set).join('.'), subject, spellFields(set));
}

function at(base: string, field: string, subject: object, write: string) {
  const found = leafAt(subject, field.split('.'));
  return { field: `${base}.${field}`, found: found == null ? 'not set' : spellTree(found), write };
}

/** What to write where hardening leaves a field because of another one. */
const remedies: Readonly<Record<string, string>> = {
  allowPrivilegeEscalation: 'securityContext.allowPrivilegeEscalation: false, without what contradicts it',
  capabilities: 'securityContext.capabilities: {drop: [ALL]}, and add no more than it needs',
  readOnlyRootFilesystem: 'securityContext.readOnlyRootFilesystem: true, and a volume where it writes',
  resources: 'resources: {requests: {cpu: …, memory: …}, limits: {cpu: …, memory: …}}',
  runAsNonRoot: 'securityContext.runAsUser: <a user ID above 0>, or leave it out',
  seccompProfile: 'securityContext.seccompProfile: {type: RuntimeDefault}',
};

/** Why hardening has not filled the field. */
function reasonFor(
  control: Control,
  decision: Decision,
  finding: Finding | undefined,
  { exemption }: Report,
): string | undefined {
  if (exemption !== undefined) return exemptions[exemption];
  if (finding === undefined) return `the policy does not run ${control.id}`;
  if (finding.decision.kind === 'change' && finding.mode !== 'enforce') {
    return `${control.id} sets it in mode enforce, and this one is ${finding.mode}`;
  }
  if (finding.decision.kind === 'skip') return explain(finding, control).sentence;
  return decision.kind === 'skip' ? explain({ ...finding, decision }, control).sentence : undefined;
}
