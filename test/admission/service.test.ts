import { beforeEach, describe, expect, it } from '@jest/globals';
import { ReviewService, type FactsSource, type ReviewServiceOptions } from '../../src/admission/service.js';
import { ReviewError } from '../../src/errors.js';
import { annotationKeys, type NamespaceFacts } from '../../src/kubernetes.js';
import { brokenPolicies, policiesWith } from './brokenPolicies.js';
import { namespaceWith, policiesOf } from './plans.js';
import { type RecordedObserver, recordedObserver } from './recordedObserver.js';
import { type Fields, plainPod, readAnswer, reviewOf } from './reviews.js';

let observer: RecordedObserver;

beforeEach(() => {
  observer = recordedObserver();
});

function serviceWith(options: Partial<ReviewServiceOptions> = {}): ReviewService {
  const builtIn = policiesOf();
  return new ReviewService({
    policies: () => builtIn,
    facts: undefined,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
    now: Date.now,
    observer,
    ...options,
  });
}

const answer = async (service: ReviewService, object: unknown = plainPod, fields: Fields = {}) =>
  readAnswer(await service.answer(reviewOf(object, fields)));

/** Law 7: the pod is admitted as it is, and the person is told. */
async function expectAdmittedUnchanged(service: ReviewService, object: unknown = plainPod): Promise<void> {
  expect(await answer(service, object, { uid: 'uid-7' })).toEqual({
    uid: 'uid-7',
    warnings: [expect.stringMatching(/^podtemper: .*not hardened/)],
    auditAnnotations: { error: expect.any(String) },
  });
}

const factsOf = (source: Partial<FactsSource>): FactsSource => ({
  get: () => undefined,
  fetch: () => Promise.resolve(undefined),
  ...source,
});

describe('a review', () => {
  it('is answered at once where nothing has to be asked for, and observed', () => {
    const text = serviceWith().answer(reviewOf(plainPod, { uid: 'u-2', dryRun: true }));
    expect(typeof text).toBe('string');
    expect(observer.answers).toMatchObject([
      {
        observation: {
          uid: 'u-2',
          namespace: 'shop',
          name: 'web',
          dryRun: true,
          durationMilliseconds: expect.any(Number),
        },
        report: { policy: 'default', mode: 'enforce' },
      },
    ]);
  });

  it.each([
    [{ metadata: { generateName: 'web-' }, spec: plainPod.spec }, 'web-?'],
    [{ spec: plainPod.spec }, ''],
    [{ metadata: { generateName: 5 }, spec: plainPod.spec }, ''],
  ])('of a pod without a name is observed by what it has: %j', async (object, name) => {
    await answer(serviceWith(), object, { name: '' });
    const [observed] = observer.answers;
    expect(observed?.observation.name).toBe(name);
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'pod: expected a mapping, found null'],
    [
      'containers of text',
      { spec: { containers: 'app' } },
      'pod.spec.containers: expected a list, found "app"',
    ],
    [
      'a security context of text, to which nothing can be added',
      { spec: { containers: [{ name: 'app', securityContext: 'none' }] } },
      'pod.spec.containers[0].securityContext: expected a mapping, found "none"',
    ],
    [
      'annotations in a list, to which no mark can be added',
      { metadata: { annotations: [] }, spec: plainPod.spec },
      'pod.metadata.annotations: expected a mapping, found an empty list',
    ],
    [
      'a list of a name',
      { spec: { containers: [{ name: ['app'] }] } },
      'pod.spec.containers[0].name: expected a string, found a list',
    ],
    [
      'an owner that is none',
      { metadata: { ownerReferences: 'x' }, spec: plainPod.spec },
      'pod.metadata.ownerReferences: expected a list, found "x"',
    ],
  ])(
    'of %s in the place of a pod is left to the API server, and told of',
    async (_what, object, complaint) => {
      const { uid, patch, warnings, auditAnnotations } = await answer(serviceWith(), object, { uid: 'u-3' });
      expect({ uid, patch, auditAnnotations }).toEqual({
        uid: 'u-3',
        patch: undefined,
        auditAnnotations: { error: 'misshapen' },
      });
      expect(warnings.join(' ').replaceAll(' podtemper:   ', ' ')).toBe(
        `podtemper: not hardened: ${complaint}`,
      );
      expect(observer.malformations).toMatchObject([{ message: complaint }]);
      expect(observer.failures).toEqual([]);
    },
  );

  it('of something that is not ours is answered without policies or facts', async () => {
    const fault = () => {
      throw new Error('not to be asked');
    };
    const service = serviceWith({ policies: fault, facts: factsOf({ get: fault, fetch: fault }) });
    expect(await answer(service, plainPod, { operation: 'UPDATE', uid: 'u-3' })).toEqual({
      uid: 'u-3',
      warnings: [],
      auditAnnotations: {},
    });
    expect(observer.answers).toMatchObject([{ report: undefined }]);
  });

  it('that is none is an error for the caller, observed once', () => {
    expect(() => serviceWith().answer('{}')).toThrow(ReviewError);
    expect(observer.malformations).toHaveLength(1);
    expect([...observer.answers, ...observer.failures]).toEqual([]);
  });

  it('is answered by the policies of the moment', async () => {
    let policies = policiesOf();
    const service = serviceWith({ policies: () => policies });
    const users = async () => JSON.stringify((await answer(service)).patch).match(/"runAsUser":(\d+)/)?.[1];
    expect(await users()).toBe('1000');
    policies = policiesOf({ controls: { runAsNonRoot: { runAsUser: 2000 } } });
    expect(await users()).toBe('2000');
  });

  it('is answered by the date of the moment, UTC', async () => {
    let now = Date.UTC(2027, 0, 31, 23, 59, 59, 999);
    const service = serviceWith({ now: () => now });
    const annotations = { [annotationKeys.optOut]: 'all', [annotationKeys.optOutUntil]: '2027-01-31' };
    const pod = { ...plainPod, metadata: { annotations } };
    expect((await answer(service, pod)).patch).toBeUndefined();
    now += 1;
    const { patch, warnings } = await answer(service, pod);
    expect(patch).toBeDefined();
    expect(warnings.join(' ')).toContain('its opt-out ended on 2027-01-31');
  });
});

describe('a review in a cluster', () => {
  it('is answered at once by facts that are known, and by later ones later', async () => {
    let facts: NamespaceFacts = namespaceWith({ 'podtemper.io/mode': 'audit' });
    const service = serviceWith({ facts: factsOf({ get: () => facts }), unlabelledMode: undefined });
    expect(typeof service.answer(reviewOf(plainPod))).toBe('string');
    expect((await answer(service)).patch).toBeUndefined();
    facts = namespaceWith({ 'podtemper.io/mode': 'enforce' });
    expect((await answer(service)).patch).toBeDefined();
    facts = namespaceWith({});
    expect((await answer(service)).auditAnnotations).toEqual({ exempt: 'notOptedIn' });
  });

  it('waits for facts that have to be asked for, of the namespace of the request', async () => {
    const asked: string[] = [];
    const fetch = (namespace: string) => {
      asked.push(namespace);
      return Promise.resolve(namespaceWith({ 'podtemper.io/mode': 'enforce' }));
    };
    const service = serviceWith({ facts: factsOf({ fetch }), unlabelledMode: undefined });
    expect((await answer(service, plainPod, { namespace: 'other' })).patch).toBeDefined();
    expect(asked).toEqual(['other']);
  });
});

describe('a fault of ours', () => {
  it.each([new Error('broken'), new RangeError('broken'), 'text', null, { message: 1 }])(
    'in a control admits the pod as it is: %p',
    async (fault) => {
      const policies = brokenPolicies(fault);
      await expectAdmittedUnchanged(serviceWith({ policies: () => policies }));
      expect(observer.answers).toEqual([]);
      expect(observer.failures).toEqual([
        { observation: expect.objectContaining({ uid: 'uid-7', name: 'web' }), error: fault },
      ]);
    },
  );

  it('does so where a control overflows the stack', async () => {
    const overflow = (): never => overflow();
    await expectAdmittedUnchanged(serviceWith({ policies: () => policiesWith('resources', overflow) }));
  });

  it('does so where a patch cannot be written', async () => {
    const set: Record<string, unknown> = {};
    set.terminationMessagePath = 10n;
    const policies = policiesWith('resources', () => ({ kind: 'change', set }));
    await expectAdmittedUnchanged(serviceWith({ policies: () => policies }));
  });

  it.each<[string, () => Partial<ReviewServiceOptions>]>([
    ['the policies', () => ({ policies: throwing })],
    ['the clock', () => ({ now: throwing })],
    ['the known facts', () => ({ facts: factsOf({ get: throwing }) })],
    [
      'the request for facts',
      () => ({ facts: factsOf({ fetch: () => Promise.reject(new Error('refused')) }) }),
    ],
    ['the start of that request', () => ({ facts: factsOf({ fetch: throwing }) })],
    ['the namespace, of which nothing could be learnt', () => ({ facts: factsOf({}) })],
    ['the observer', () => ({ observer: { ...observer, answered: throwing } })],
    ['the observer, twice', () => ({ observer: { ...observer, answered: throwing, failed: throwing } })],
  ])('does so where it lies in %s', async (_, options) => {
    await expectAdmittedUnchanged(serviceWith(options()));
  });

  it('does not last', async () => {
    let policies = brokenPolicies();
    const service = serviceWith({ policies: () => policies });
    await expectAdmittedUnchanged(service);
    policies = policiesOf();
    expect((await answer(service)).patch).toBeDefined();
  });
});

function throwing(): never {
  throw new Error('broken');
}
