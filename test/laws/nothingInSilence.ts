import type { Change, Decision } from '../../src/controls/kit/decision.js';
import type { Flag } from '../../src/controls/kit/flags.js';
import { explain } from '../../src/hardening/explain.js';
import { engineSkips, exemptions, type Finding, type Report } from '../../src/hardening/report.js';
import { annotationKeys, containerLists, type Pod } from '../../src/kubernetes.js';
import { controlOf } from '../../src/policy/catalogue.js';
import { noticeCodes } from '../../src/policy/notices.js';
import type { Plan } from '../../src/policy/plan.js';
import { expectHeard } from './heard.js';
import {
  Breach,
  expectNone,
  expectSame,
  hardenIn,
  type Law,
  planFor,
  type Scenario,
  shorten,
} from './scenario.js';
import { answerTo, serviceOptions } from './subject.js';
import { leavesOf, valueAt } from './trees.js';

/** Law 6: each control has a decision for each container with a sentence for it, what it says is what it does, and
 *  people get to hear of it. */
export const nothingInSilence: Law = async (scenario, subject) => {
  const { pod, policy, facts } = scenario;
  const plan = planFor(pod, policy, facts);
  const report = hardenIn(scenario, pod, subject.harden);
  if (plan.exemption === undefined) expectDecisions(scenario, plan, report);
  else expectExempt(scenario, plan, report);
  expectNotices(plan, report);
  expectHeard(scenario, report, await answerTo(scenario, subject, serviceOptions(scenario)));
};

function expectDecisions({ pod }: Scenario, plan: Plan, report: Report): void {
  expectSame(placesOf(report.findings), expectedPlaces(plan, pod), 'decisions are missing or too many');
  for (const finding of report.findings) {
    expectExplained(finding);
    expectSkipped(finding, plan, pod);
    expectFound(finding, pod);
    if (finding.mode === 'enforce' && finding.decision.kind === 'change')
      expectDone(finding, finding.decision, report);
  }
  const enforced = report.findings.filter(
    ({ mode, decision }) => mode === 'enforce' && decision.kind === 'change',
  );
  const changing = new Set(enforced.map(({ control }) => control));
  expectSame([...report.changed].toSorted(), [...changing].toSorted(), 'the list of changes is another');
  expectSame(report.patch.length > 0, changing.size > 0, 'patch and decisions disagree');
  expectMarked(report);
}

function expectNotices(plan: Plan, { notices }: Report): void {
  const wordless = notices.filter(
    ({ code, text }) => !Object.hasOwn(noticeCodes, code) || !text.includes(' '),
  );
  expectNone(
    wordless.map(({ code }) => code),
    'notices without a word',
  );
  const said = new Set(notices.map(({ text }) => text));
  expectNone(
    plan.notices.map(({ text }) => text).filter((text) => !said.has(text)),
    'notices lost',
  );
}

function expectExempt({ pod }: Scenario, { exemption }: Plan, report: Report): void {
  expectSame(report.exemption, exemption, 'another exemption');
  if (report.exemption === undefined || !exemptions[report.exemption]) {
    throw new Breach('an exemption without a sentence');
  }
  expectSame([report.findings, report.patch, report.changed], [[], [], []], 'an exempt pod is touched');
  expectSame(report.hardened, pod, 'an exempt pod is changed');
}

function placesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ control, target, mode }) => `${control} ${mode} ${target}`).toSorted();
}

function expectedPlaces({ controls }: Plan, { spec }: Pod): string[] {
  const targets = containerLists.flatMap((list) => spec[list]?.map(({ name }) => `${list}/${name}`) ?? []);
  return controls
    .flatMap(({ id, mode, bound }) =>
      (bound.scope === 'pod' ? ['pod'] : targets).map((target) => `${id} ${mode} ${target}`),
    )
    .toSorted();
}

/** Reason and notes are codes that the control or the engine declares, and come out as sentences. */
export function expectExplained(finding: Finding): void {
  const control = controlOf(finding.control);
  const { decision } = finding;
  const place = `${finding.control} on ${finding.target}`;
  const sentences: Readonly<Record<string, string>> = { ...engineSkips, ...control.skips };
  const undone = decision.kind === 'change' ? (decision.leftOut ?? []) : [decision];
  for (const gap of undone) {
    if ('reason' in gap && !sentences[gap.reason])
      throw new Breach(`${place}: no sentence for the reason ${gap.reason}`);
  }
  const unknown = flagsOf(decision).filter(({ code }) => control.flags[code] === undefined);
  expectNone(
    unknown.map(({ code }) => code),
    `${place}: no sentence for findings`,
  );
  const wordless = notesOf(decision).filter((code) => !control.notes[code]);
  expectNone(wordless, `${place}: no sentence for notes`);
  const { sentence, notes } = explain(finding, control);
  const isSaid = [sentence, ...notes].every((text) => text.includes(' ') && !text.includes('undefined'));
  if (!isSaid) throw new Breach(`${place}: explained as ${shorten([sentence, notes])}`);
}

function flagsOf(decision: Decision): readonly Flag[] {
  return decision.kind === 'flag' ? decision.flags : [];
}

/** What was found stands in the pod, as far as that is shown, and so do the containers that it concerns. */
function expectFound({ control, decision }: Finding, pod: Pod): void {
  for (const { field, targets, write } of flagsOf(decision)) {
    const keys = [...field.matchAll(/[^.[\]]+/g)].map(([key]) => key);
    const place = `${control} on ${field}`;
    if (!field.startsWith('spec.') || valueAt(pod, keys.slice(0, -1)) == null)
      throw new Breach(`${place}: there is no such field`);
    const missing = targets.filter((target) => containerAt(target, pod.spec) === undefined);
    expectNone(missing, `${place}: there is no such container`);
    if (!write.includes(' ')) throw new Breach(`${place}: nothing to write instead`);
  }
}

function notesOf(decision: Decision): readonly string[] {
  return decision.kind === 'skip' || decision.kind === 'flag' ? [] : (decision.notes ?? []);
}

/** Opted out, privileged, impossible for the image: then a control has nothing else to say. */
function expectSkipped({ control, target, decision }: Finding, plan: Plan, { spec }: Pod): void {
  const place = `${control} on ${target}`;
  const planned = plan.controls.find(({ id }) => id === control);
  if (planned?.optedOut === true)
    expectSame(decision, { kind: 'skip', reason: 'optedOut' }, `${place} was opted out of`);
  const container = containerAt(target, spec);
  if (decision.kind === 'skip' || container === undefined) return;
  if (container.securityContext?.privileged === true)
    throw new Breach(`${place}: a decision on a privileged container`);
  if (plan.known(container).cannot[control] !== undefined)
    throw new Breach(`${place}: a decision that the image cannot run under`);
}

function containerAt(target: string, spec: Pod['spec']) {
  const list = containerLists.find((candidate) => target.startsWith(`${candidate}/`));
  return list && spec[list]?.find(({ name }) => target === `${list}/${name}`);
}

/** A change can be seen in the hardened pod. */
function expectDone({ control, target }: Finding, change: Change, { hardened }: Report): void {
  const { set, own, items, volumes, withoutVolume } = change;
  const place = `${control} on ${target}`;
  const object = target === 'pod' ? hardened.spec : containerAt(target, hardened.spec);
  const unseen = [set, own ?? {}, items ?? {}]
    .flatMap((part) => leavesOf(part))
    .filter(({ path, value }) => path.length > 0 && !isThere(object, path, value));
  expectNone(
    unseen.map(({ path }) => path.join('.')),
    `${place}: said to be set and is not`,
  );
  const present = new Set(hardened.spec.volumes?.map(({ name }) => name));
  const missing = (volumes ?? []).filter(({ name }) => !present.has(name));
  expectNone(
    missing.map(({ name }) => name),
    `${place}: volumes missing`,
  );
  if (withoutVolume !== undefined && present.has(withoutVolume))
    throw new Breach(`${place}: said to be gone and is not: ${withoutVolume}`);
}

/** Whether the value stands at the path; an item of a list, anywhere in the list. */
function isThere(object: unknown, path: readonly string[], value: unknown): boolean {
  const index = path.findIndex((key) => /^\d+$/.test(key));
  if (index === -1) return shorten(valueAt(object, path)) === shorten(value);
  const list = valueAt(object, path.slice(0, index));
  return (
    Array.isArray(list) &&
    list.some((item: unknown) => shorten(valueAt(item, path.slice(index + 1))) === shorten(value))
  );
}

/** The pod says who did it, or the report says why the pod does not. */
function expectMarked({ hardened, changed, notices, policy }: Report): void {
  if (changed.length === 0) return;
  const mark = hardened.metadata?.annotations?.[annotationKeys.hardened] ?? '';
  const missing = changed.filter((id) => !mark.split(/[ ,:]+/).includes(id));
  const isExcused = notices.some(({ code }) => code === 'noRoomForMark');
  if (!isExcused) expectNone(missing, 'the mark does not name');
  if (!isExcused && !mark.startsWith(`${policy}:`))
    throw new Breach(`the mark does not name the policy: ${mark}`);
}
