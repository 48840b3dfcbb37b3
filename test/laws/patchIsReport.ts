import jsonPatch, { type Operation } from 'fast-json-patch';
import { stringify } from 'yaml';
import type { Report } from '../../src/hardening/report.js';
import type { Pod } from '../../src/kubernetes.js';
import { Breach, expectSame, hardenIn, type Law, type Scenario } from './scenario.js';
import { answerTo, serviceOptions, type Subject } from './subject.js';
import { keysOfPointer, omit, valueAt } from './trees.js';

/** Law 5: the patch applied to the input gives the hardened pod, each time the same, and webhook and preview give
 *  that very patch. (The input is frozen: to write into it would throw.) */
export const patchIsReport: Law = async (scenario, subject) => {
  const { pod } = scenario;
  const report = hardenIn(scenario, pod, subject.harden);
  const { hardened, patch } = report;
  expectSame(tryApply(asJson(pod), asJson(patch)), hardened, 'the patch leads elsewhere');
  expectSame(asJson(hardened), hardened, 'the hardened pod is no JSON');
  expectSame(hardenIn(scenario, pod, subject.harden).patch, patch, 'the same pod, another patch');
  const answer = await answerTo(scenario, subject, serviceOptions(scenario));
  expectSame(answer.patch ?? [], asJson(patch), 'the webhook answers otherwise');
  expectSamePreview(scenario, subject, report);
};

/** The value as it is after a journey as text. */
function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function tryApply(pod: Pod, patch: readonly Operation[]): Pod {
  try {
    return jsonPatch.applyPatch(pod, patch, true).newDocument;
  } catch (error) {
    const [reason] = error instanceof Error ? error.message.split('\n', 1) : [];
    throw new Breach(`the patch does not apply: ${reason ?? 'no reason given'}`);
  }
}

/** Kinds of manifests that hold a pod or a pod template, and where. */
const manifests: readonly { pointer: string; around: (pod: Pod) => object }[] = [
  { pointer: '', around: (pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod }) },
  {
    pointer: '/spec/template',
    around: (template) => ({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { template } }),
  },
  {
    pointer: '/spec/jobTemplate/spec/template',
    around: (template) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      spec: { jobTemplate: { spec: { template } } },
    }),
  },
];

/** One in so many is read as YAML, which takes its time; kubectl reads version 1.1. */
const yamlEvery = 10;

/** One manifest, as JSON or YAML, is previewed with the facts that the webhook has. */
function expectSamePreview(
  { pod, policy, facts, salt }: Scenario,
  { preview }: Subject,
  report: Report,
): void {
  const { pointer, around } = manifests[salt % manifests.length] ?? fail();
  const object = asJson(around(pod));
  const text = salt % yamlEvery === 0 ? stringify(object, { version: '1.1' }) : JSON.stringify(object);
  const { items, faults } = preview(text, { policy, facts });
  expectSame(
    faults.map(({ message }) => message),
    [],
    'the preview cannot read it',
  );
  const [item] = items;
  const expected = report.patch.map((operation) => ({ ...operation, path: pointer + operation.path }));
  expectSame(asJson(item?.patch), asJson(expected), 'the preview shows another patch');
  const shown = valueAt(item?.hardened, keysOfPointer(pointer)) as object;
  expectSame(omit(shown, 'apiVersion', 'kind'), asJson(report.hardened), 'the preview shows another pod');
}

function fail(): never {
  throw new RangeError('there is no such manifest');
}
