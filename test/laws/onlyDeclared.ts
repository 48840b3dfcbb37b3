import type { Report } from '../../src/hardening/report.js';
import type { Pod } from '../../src/kubernetes.js';
import { catalogue, mutatingControlIds } from '../../src/policy/catalogue.js';
import type { PolicyDocument } from '../../src/policy/schema.js';
import { enforcing, expectNone, expectSame, hardenIn, type Law, planFor } from './scenario.js';
import { differences, isSamePath, markPath, patternOf, valueAt } from './trees.js';

/** Law 4: a control writes the fields that it declares, alone and with the others, and only where it enforces. One that
 *  declares none changes no patch, even of others. */
export const onlyDeclared: Law = (scenario, { harden }) => {
  const together = hardenIn(scenario, scenario.pod, harden);
  const plan = planFor(scenario.pod, scenario.policy, scenario.facts);
  const enforced = plan.mode === 'enforce' ? plan.controls.filter(({ mode }) => mode === 'enforce') : [];
  expectDeclared(
    scenario.pod,
    together,
    enforced.map(({ id }) => id),
    'all together',
  );
  const mutating = plan.controls.filter(({ id }) => mutatingControlIds.some((one) => one === id));
  const unadvised = harden(scenario.pod, { ...plan, controls: mutating }, scenario.facts);
  expectSame(together.patch, unadvised.patch, 'an advisory control has a part in the patch');
  const everything = planFor(scenario.pod, allEnforced(scenario.policy), enforcing(scenario.facts));
  for (const control of everything.controls) {
    const alone = harden(scenario.pod, { ...everything, controls: [control] }, scenario.facts);
    expectDeclared(scenario.pod, alone, [control.id], `${control.id} alone`);
  }
};

/** The policy with each control in mode enforce. */
function allEnforced(policy: PolicyDocument): PolicyDocument {
  const settings = Object.entries(policy.spec.controls).map(
    ([id, own]) => [id, { ...own, mode: 'enforce' }] as const,
  );
  return { ...policy, spec: { ...policy.spec, controls: Object.fromEntries(settings) } };
}

function expectDeclared(pod: Pod, { hardened }: Report, ids: readonly string[], what: string): void {
  const writes = ids.flatMap((id) => [
    ...(catalogue.get(id)?.writes ?? []),
    ...(catalogue.get(id)?.removes ?? []),
  ]);
  const isDeclared = (path: readonly string[]) => {
    const pattern = patternOf(path);
    return writes.some(
      (field) => pattern === field || pattern.startsWith(`${field}.`) || pattern.startsWith(`${field}[`),
    );
  };
  const written = differences(pod, hardened).filter((path) => !isSamePath(path, markPath));
  const stray = written.filter((path) => !isDeclared(path));
  expectNone(
    stray.map((path) => path.join('.')),
    `${what}: undeclared`,
  );
  const mark = valueAt(hardened, markPath);
  if (written.length === 0) expectSame(mark, valueAt(pod, markPath), `${what}: marked without a change`);
}
