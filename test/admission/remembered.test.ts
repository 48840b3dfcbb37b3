import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReviewService } from '../../src/admission/service.js';
import { harden } from '../../src/hardening/harden.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { podInNamespace } from '../laws/pods.js';
import { policyArbitrary } from '../laws/policies.js';
import { planner, policiesOf } from './plans.js';
import { recordedObserver } from './recordedObserver.js';
import { readAnswer, reviewOf } from './reviews.js';

/** A webhook that has answered to nobody yet: what is remembered goes with the policies. */
function startService() {
  const policies = policiesOf();
  const service = new ReviewService({
    policies: () => policies,
    facts: undefined,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
    now: Date.now,
    observer: recordedObserver(),
  });
  return async (pod: unknown) => readAnswer(await service.answer(reviewOf(pod)));
}

const script = '/tmp/run.sh';

type Make = (name: string) => { readonly name: unknown };

/** First a container that looks much like the second, but is not. */
const cases: [what: string, first: Make, second: Make][] = [
  [
    'a quantity that spells the absence of one',
    (name) => ({ name, resources: { requests: { cpu: 'undefined' } } }),
    (name) => ({ name }),
  ],
  [
    'a quantity that spells a null',
    (name) => ({ name, resources: { requests: { cpu: 'null' } } }),
    (name) => ({ name, resources: { requests: { cpu: null } } }),
  ],
  [
    'a device where the other has a mount',
    (name) => ({ name, command: [script], volumeDevices: [{ name: 'd', devicePath: script }] }),
    (name) => ({ name, command: [script], volumeMounts: [{ name: 's', mountPath: script }] }),
  ],
  [
    'a directory where the other has a program',
    (name) => ({ name, workingDir: script }),
    (name) => ({ name, command: [script] }),
  ],
  [
    'a mount where the other has the file of its message',
    (name) => ({ name, volumeMounts: [{ name: 's', mountPath: '/tmp' }] }),
    (name) => ({ name, terminationMessagePath: '/tmp' }),
  ],
  ['a list of a name', (name) => ({ name: [name] }), (name) => ({ name })],
  [
    'a list of a path',
    (name) => ({ name, volumeMounts: [{ name: 's', mountPath: ['/tmp'] }] }),
    (name) => ({ name, volumeMounts: [{ name: 's', mountPath: '/tmp' }] }),
  ],
];

describe('a pod gets what is its own', () => {
  it.each(cases)('though one came before it with %s', async (what, first, second) => {
    const number = cases.findIndex(([one]) => one === what);
    // Some things are remembered by the process: each name is new to it. One letter, as a list of one is long.
    const [one = '', other = ''] = ['abcdefg', 'tuvwxyz'].map((letters) => letters[number]);
    const answer = startService();
    // What comes once is not remembered.
    for (let time = 0; time < 3; time++) await answer(podOf(first(one)));
    const { patch } = await answer(podOf(second(one)));
    const alone = await startService()(podOf(second(other)));
    const text = JSON.stringify(patch);
    expect(text).toContain('readOnlyRootFilesystem');
    expect(text.replaceAll(`"${one}"`, '"name"')).toBe(
      JSON.stringify(alone.patch).replaceAll(`"${other}"`, '"name"'),
    );
  });
});

describe('harden', () => {
  it('says the same of a pod the first time and when all of it is remembered', () => {
    const property = fc.property(podInNamespace, policyArbitrary, ({ pod, facts }, document) => {
      const plan = planner(compilePolicies([document]))(pod, facts);
      const answers = [1, 2, 3].map(() => {
        const { patch, findings, notices, changed } = harden(pod, plan, facts);
        return JSON.stringify({ patch, findings, notices, changed });
      });
      expect(new Set(answers).size).toBe(1);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

function podOf(container: unknown): unknown {
  return { spec: { containers: [container] } };
}
