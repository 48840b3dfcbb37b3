import { beforeEach, describe, expect, it } from '@jest/globals';
import { type FactsSource, ReviewService, type ReviewServiceOptions } from '../../src/admission/service.js';
import { brokenPolicies } from './brokenPolicies.js';
import { namespaceWith, policiesOf } from './plans.js';
import { type RecordedObserver, recordedObserver } from './recordedObserver.js';
import { plainPod, readAnswer, readRefusal, reviewOf } from './reviews.js';

let observer: RecordedObserver;

beforeEach(() => {
  observer = recordedObserver();
});

const demanding = policiesOf({ requireHardened: true });
const enforcing = namespaceWith({ 'podtemper.io/mode': 'enforce' });

function validateBy(options: Partial<ReviewServiceOptions>, fields = {}): Promise<string> {
  const service = new ReviewService({
    policies: () => demanding,
    facts: undefined,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
    now: Date.now,
    observer,
    ...options,
  });
  return Promise.resolve(service.answer(reviewOf(plainPod, { uid: 'u-7', ...fields }), 'validate'));
}

const source = (known: Partial<FactsSource>): FactsSource => ({
  get: () => undefined,
  fetch: () => Promise.resolve(undefined),
  ...known,
});

describe('a validating review', () => {
  it('is refused with 403, and observed', async () => {
    const refusal = readRefusal(await validateBy({}));
    expect(refusal).toMatchObject({
      uid: 'u-7',
      message: expect.stringMatching(/^policy default in namespace shop /),
    });
    expect(observer.judgements).toMatchObject([
      {
        observation: { endpoint: 'validate', uid: 'u-7', namespace: 'shop' },
        refusedBy: ['requireHardened'],
      },
    ]);
    expect(observer.answers).toEqual([]);
  });

  it('is admitted without a patch, asking for nothing, where no policy refuses anything', async () => {
    const fault = () => {
      throw new Error('not to be asked');
    };
    const usual = policiesOf();
    const facts = source({ get: fault, fetch: fault });
    expect(readAnswer(await validateBy({ policies: () => usual, facts }))).toEqual({
      uid: 'u-7',
      warnings: [],
      auditAnnotations: {},
    });
    expect(observer.judgements).toMatchObject([{ refusedBy: [] }]);
  });

  it('waits for facts that have to be asked for', async () => {
    const facts = source({ fetch: () => Promise.resolve(enforcing) });
    expect(readRefusal(await validateBy({ facts, unlabelledMode: undefined }))).toBeDefined();
  });

  it.each(['DELETE', 'CONNECT'])('of a %s is admitted', async (operation) => {
    expect(readRefusal(await validateBy({}, { operation, oldObject: plainPod }))).toBeUndefined();
  });
});

describe('a fault of ours admits the pod, and says so', () => {
  const broken = brokenPolicies(new Error('broken'));
  const refusing = new Map(
    [...broken].map(([name, policy]) => {
      const spec = { ...policy.document.spec, requireHardened: true };
      return [name, { ...policy, document: { ...policy.document, spec } }] as const;
    }),
  );

  it.each<[string, Partial<ReviewServiceOptions>]>([
    ['in a control', { policies: () => refusing }],
    ['in the facts', { facts: source({}) }],
    [
      'in the observer',
      {
        observer: {
          ...recordedObserver(),
          judged: () => {
            throw new Error('broken');
          },
        },
      },
    ],
  ])('%s', async (_, options) => {
    expect(readAnswer(await validateBy(options))).toEqual({
      uid: 'u-7',
      warnings: ['podtemper: not judged, because of an error in podtemper itself; see its log'],
      auditAnnotations: { error: 'internal' },
    });
  });

  it('and so does a pod that is none', async () => {
    const { warnings, auditAnnotations } = readAnswer(
      await validateBy({}, { object: { spec: { containers: 'app' } } }),
    );
    expect(auditAnnotations).toEqual({ error: 'misshapen' });
    expect(warnings.join(' ')).toContain('podtemper: not judged: pod.spec.containers: expected a list');
  });
});
