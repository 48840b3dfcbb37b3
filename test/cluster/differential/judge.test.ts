/** Each rule that only the answers show finds the fault that it is there for, in answers made by hand. */
import { describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { labelKeys, type Pod, unknownNamespace } from '../../../src/kubernetes.js';
import { storedRules } from '../../laws/storedRules.js';
import type { ApiResponse } from '../apiClient.js';
import { Judge, ruleNames, type Witnesses } from './judge.js';
import type { Place } from './places.js';

const plain: V1Pod = { metadata: {}, spec: { containers: [{ name: 'app', image: 'app' }] } };
const hardened: V1Pod = {
  metadata: { annotations: { 'podtemper.io/hardened': 'default: capabilities' } },
  spec: {
    containers: [{ name: 'app', image: 'app', securityContext: { capabilities: { drop: ['ALL'] } } }],
  },
};
const facts = { ...unknownNamespace('x'), labels: { [labelKeys.mode]: 'enforce' } };
const place: Place = { pair: { plain: 'plain', optedIn: 'optedIn' }, facts, level: undefined };

const accepted = (body: V1Pod, ...warnings: string[]) => ({ status: 201, body, warnings });
const refused = (status: number) => ({ status, body: { message: 'no' }, warnings: [] });

/** What the API server says, each time that it is asked in a namespace; of the last answer there is enough. */
interface Answers {
  plain: ApiResponse<unknown>[];
  optedIn: ApiResponse<unknown>[];
}

const decision = { target: 'containers/app', leftOut: [], notes: [], flags: [] };

const right: Answers = {
  plain: [accepted(plain), accepted(hardened)],
  optedIn: [accepted(hardened, 'podtemper: hardened by policy default: capabilities'), accepted(hardened)],
};

function witnesses(answers: Answers): Witnesses {
  const left = { plain: [...answers.plain], optedIn: [...answers.optedIn] };
  return {
    submit(namespace) {
      const list = left[namespace === 'plain' ? 'plain' : 'optedIn'];
      const answer = list.shift() ?? refused(404);
      return Promise.resolve(answer as ApiResponse<V1Pod>);
    },
    preview: () =>
      Promise.resolve({
        policy: 'default',
        mode: 'enforce',
        changed: ['capabilities'],
        hardened: podMounting({ readOnly: true }),
        decisions: [
          { ...decision, control: 'capabilities', verdict: 'change' },
          { ...decision, control: 'fsGroup', verdict: 'skip', reason: 'notNeeded' },
        ],
        notices: [{ code: 'badDate' }],
      }),
  };
}

const etc = { name: 'etc', mountPath: '/host' };
const podMounting = (mount: object) => ({
  spec: { containers: [{ name: 'app', image: 'app', volumeMounts: [{ ...etc, ...mount }] }] },
});
const silent: Pod = { spec: { containers: [] } };
const judged = (answers: Partial<Answers>, pod = silent) =>
  new Judge(witnesses({ ...right, ...answers })).judge(pod, place);

const [first, second] = right.optedIn as [ApiResponse<unknown>, ApiResponse<unknown>];
const broken = { status: 201, body: undefined, warnings: [] };
const faults: [string, Partial<Answers> & { pod?: Pod }][] = [
  ['not judged', { plain: [broken, broken, broken], optedIn: [first, first, first] }],
  ['answered with an error', { plain: [refused(403)], optedIn: [refused(500)] }],
  ['accepted without us and refused with us', { optedIn: [refused(403)] }],
  ['refused when submitted again', { optedIn: [first, refused(422)] }],
  ['changed when submitted again', { optedIn: [first, accepted(plain)] }],
  ['previewed as one that is refused', { plain: [accepted(plain), refused(422)] }],
  ['previewed otherwise', { plain: [accepted(plain), accepted(plain)] }],
  ['previewed as if what is writable were not', { pod: podMounting({ readOnly: false }) }],
  ['changed and not told of', { optedIn: [accepted(hardened), second] }],
];

describe('a judge', () => {
  it.each(faults)('finds a pod %s', async (rule, { pod, ...answers }) => {
    const { breaches } = await judged(answers, pod);
    expect(breaches.map((breach) => breach.rule)).toContain(rule);
  });

  it('has a fault to find for each rule', () => {
    const names = [...faults.map(([rule]) => rule), ...Object.keys(storedRules)];
    expect(names.toSorted()).toEqual(ruleNames.toSorted());
  });

  it('finds nothing where nothing is wrong, and counts what the webhook reports', async () => {
    const outcomes = ['capabilities: change', 'fsGroup: skip notNeeded', 'notice badDate'];
    const flags = { isAccepted: true, isHardened: true, isPreviewed: true };
    expect(await judged({})).toEqual({ ...flags, outcomes, breaches: [] });
  });

  it('says nothing of a pod that is refused without us', async () => {
    const verdict = await judged({ plain: [refused(422)], optedIn: [refused(422)] });
    expect(verdict).toMatchObject({ isAccepted: false, refusal: 'no', breaches: [] });
  });
});
