import jsonPatch from 'fast-json-patch';
import type { mutate } from '../../src/admission/mutate.js';
import { decodeReview, encodeReview } from '../../src/admission/review.js';
import { effectiveRunAsUser } from '../../src/controls/kit/security.js';
import { harden } from '../../src/hardening/harden.js';
import type { Finding, Report } from '../../src/hardening/report.js';
import type { EphemeralContainer, NamespaceFacts, Pod } from '../../src/kubernetes.js';
import { controlOf } from '../../src/policy/catalogue.js';
import { ephemeralControlIds, planEphemeral } from '../../src/policy/ephemeral.js';
import type { Plan } from '../../src/policy/plan.js';
import { type Answer, readAnswer, reviewOf } from '../admission/reviews.js';
import { weakenedChoices } from './choices.js';
import { asRegular, type Debugging } from './debugging.js';
import { expectHeard } from './heard.js';
import { overwriting } from './neverOverwritten.js';
import { expectExplained } from './nothingInSilence.js';
import { podSecurityProblems } from './podSecurity.js';
import { expectNone, expectSame, planFor } from './scenario.js';
import { securityProblems } from './securityRules.js';
import { startProblems } from './startRules.js';
import { deepFreeze, differences, omit, patternOf, valueAt, withSpec } from './trees.js';

export type Mutate = typeof mutate;

/** What came of a request, besides the answer: the pod that is stored without us, and with us. */
interface Outcome {
  readonly answer: Answer;
  readonly report: Report | undefined;
  readonly plain: Pod;
  readonly hardened: Pod;
  readonly patched: Pod;
  readonly newcomers: readonly EphemeralContainer[];
}

/** The laws, for the ephemeral containers that a running pod is given: new ones have their security context
 *  hardened as a regular container would, and nothing else is touched. */
export function keepDebugLaw(debugging: Debugging, review: Mutate): void {
  const outcome = outcomeOf(debugging, review);
  const { report, plain, hardened } = outcome;
  const plan = planEphemeral(planFor(plain, debugging.policy, debugging.facts), plain);
  expectSame(report === undefined, plan === undefined, 'looked at where the policy says no, or the reverse');
  expectOnlyDeclared(debugging, outcome, plan);
  expectNone(overwriting(debugging.sent, outcome.answer.patch ?? []), 'the patch overwrites');
  expectNotWorse(plain, hardened, debugging.facts);
  expectRest(debugging, outcome, review);
  if (report === undefined || plan === undefined) return;
  expectSame(report.hardened, hardened, 'the report shows another pod');
  if (report.exemption !== undefined) return;
  expectDecisions(outcome, report, plan);
  expectAsRegular(debugging, outcome, report);
  expectHeard({ pod: { spec: plain.spec } }, report, outcome.answer);
}

function outcomeOf({ before, sent, facts, policy }: Debugging, review: Mutate): Outcome {
  const update = { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: before };
  const request = deepFreeze(decodeReview(reviewOf(sent, { ...update, namespace: facts.name })));
  const { response, report } = review(request, facts, (pod) => planFor(pod, policy, facts));
  const answer = readAnswer(encodeReview(request.uid, response));
  const patched = jsonPatch.applyPatch(asJson(sent), answer.patch ?? [], true).newDocument;
  const stores = (pod: Pod) => withSpec(before, { ephemeralContainers: pod.spec.ephemeralContainers ?? [] });
  const existing = new Set(before.spec.ephemeralContainers?.map(({ name }) => name));
  const newcomers = (sent.spec.ephemeralContainers ?? []).filter(({ name }) => !existing.has(name));
  return { answer, report, patched, newcomers, plain: asJson(stores(sent)), hardened: stores(patched) };
}

function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Security contexts of newcomers, as far as controls declare it that are to be enforced. */
function expectOnlyDeclared(
  { sent }: Debugging,
  { plain, patched, newcomers }: Outcome,
  plan: Plan | undefined,
): void {
  const enforced =
    plan?.controls.filter(({ id, mode }) => mode === 'enforce' && ephemeralControlIds.has(id)) ?? [];
  const writes = enforced.map(({ id }) => controlOf(id)).flatMap((control) => control.writes);
  const names = new Set(newcomers.map(({ name }) => name));
  const stray = differences(asJson(sent), patched).filter((path) => {
    const [, list, index] = path;
    if (list !== 'ephemeralContainers') return true;
    const name = plain.spec.ephemeralContainers?.[Number(index)]?.name ?? '';
    const pattern = patternOf(path).replace(/^ephemeralContainers/, 'containers');
    return !names.has(name) || !writes.some((field) => pattern === field || isBelow(pattern, field));
  });
  expectNone(
    stray.map((path) => path.join('.')),
    'undeclared',
  );
}

function isBelow(pattern: string, field: string): boolean {
  return pattern.startsWith(`${field}.`) || pattern.startsWith(`${field}[`);
}

/** Accepted before, accepted after; and each container is and may what it chose to be and to be able to. */
function expectNotWorse(plain: Pod, hardened: Pod, facts: NamespaceFacts): void {
  const [before, after] = [asRegular(plain), asRegular(hardened)];
  const problemsOf = (pod: Pod) => [
    ...securityProblems(pod),
    ...startProblems(pod.spec, facts),
    ...podSecurityProblems(pod.spec),
  ];
  const old = new Set(problemsOf(before));
  expectNone(
    problemsOf(after).filter((problem) => !old.has(problem)),
    'worse than before',
  );
  expectNone(weakenedChoices(before, after), 'not what it chose to be');
}

/** Asked again, or asked when one more is added, it leaves those alone that it has seen. */
function expectRest(debugging: Debugging, { patched, hardened, newcomers }: Outcome, review: Mutate): void {
  const again = outcomeOf({ ...debugging, sent: patched }, review);
  expectSame(again.answer.patch, undefined, 'hardened twice');
  const late = { ...omit(newcomers[0] ?? { name: '' }, 'targetContainerName'), name: 'late' };
  const all = [late, ...(hardened.spec.ephemeralContainers ?? [])];
  const later = { ...debugging, before: hardened, sent: withSpec(hardened, { ephemeralContainers: all }) };
  const { answer } = outcomeOf(later, review);
  expectNone(
    (answer.patch ?? [])
      .map(({ path }) => path)
      .filter((path) => !path.startsWith('/spec/ephemeralContainers/0/')),
    'an old one is changed',
  );
}

function expectDecisions({ newcomers }: Outcome, report: Report, plan: Plan): void {
  const place = ({ control, target, mode }: Pick<Finding, 'control' | 'target' | 'mode'>) =>
    `${control} ${mode} ${target}`;
  const expected = newcomers.flatMap(({ name }) =>
    plan.controls.map(({ id, mode }) => place({ control: id, mode, target: `ephemeralContainers/${name}` })),
  );
  expectSame(report.findings.map(place).toSorted(), expected.toSorted(), 'decisions are missing or too many');
  report.findings.forEach(expectExplained);
}

/** Each decision is the one about a regular container, except that the user is that of the target, if it has one. */
function expectAsRegular({ facts, policy }: Debugging, { plain, newcomers }: Outcome, report: Report): void {
  const regular = harden(asRegular(plain), planFor(plain, policy, facts), facts);
  for (const { name, targetContainerName, ...container } of newcomers) {
    const { initContainers = [], containers } = plain.spec;
    const target = [...containers, ...initContainers].find((one) => one.name === targetContainerName);
    const user = target?.securityContext?.runAsUser ?? 0;
    const takesUser = user > 0 && effectiveRunAsUser({ name, ...container }, plain.spec) === undefined;
    // What an entrypoint that stays root keeps follows from the user as well.
    const staysRoot = [...report.findings, ...regular.findings].some(
      ({ target: place, decision }) =>
        place.endsWith(`/${name}`) && decision.kind === 'skip' && decision.reason === 'staysRoot',
    );
    const decisions = ({ findings }: Report, list: string) =>
      findings
        .filter(({ control, target: place }) => {
          const isOther =
            takesUser && (control === 'runAsNonRoot' || (control === 'capabilities' && staysRoot));
          return place === `${list}/${name}` && ephemeralControlIds.has(control) && !isOther;
        })
        .map(({ control, decision }) => [control, decision]);
    expectSame(
      decisions(report, 'ephemeralContainers'),
      decisions(regular, 'containers'),
      `${name} is judged otherwise than a regular container`,
    );
    const users = report.findings.flatMap(({ target: place, decision }) =>
      place === `ephemeralContainers/${name}` && decision.kind === 'change'
        ? (valueAt(decision.set, ['securityContext', 'runAsUser']) ?? [])
        : [],
    );
    if (takesUser) expectNone(users.filter((id) => id !== user).map(String), `${name} has another user`);
  }
}
