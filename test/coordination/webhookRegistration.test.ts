import { describe, expect, it } from '@jest/globals';
import { StatusError } from '../../src/cluster/exchange.js';
import { webhookPaths, webhookRegistration } from '../../src/cluster/webhookRegistration.js';
import { FakeObjects } from './fakeObjects.js';

const bundle = '-----BEGIN CERTIFICATE-----\n';
const encoded = Buffer.from(bundle).toString('base64');
const [mutating, validating] = webhookPaths.map((path) => `${path}/podtemper`);
if (!mutating || !validating) throw new Error('expected two paths');

const service = { name: 'podtemper', namespace: 'system' };
const webhookOf = (caBundle?: string) => ({
  name: 'pods.podtemper.io',
  clientConfig: { service, ...(caBundle !== undefined && { caBundle }) },
  timeoutSeconds: 2,
});

function sceneOf(...caBundles: (string | undefined)[]) {
  const objects = new FakeObjects();
  const metadata = { name: 'podtemper', annotations: { kept: 'yes' } };
  objects.put(mutating ?? '', {
    kind: 'MutatingWebhookConfiguration',
    metadata,
    webhooks: caBundles.map(webhookOf),
  });
  const corrected: string[] = [];
  const registration = webhookRegistration(objects, 'podtemper', (kind) => corrected.push(kind));
  return { objects, registration, corrected };
}

describe('the registration of the webhook', () => {
  it.each([
    ['no bundle', [undefined]],
    ['an empty one', ['']],
    ['another one', ['b3RoZXI=']],
    ['the right one, but not everywhere', [encoded, 'b3RoZXI=']],
  ])('is put right where it has %s, and nothing else of it changes', async (_what, found) => {
    const { objects, registration, corrected } = sceneOf(...found);
    const texts = found.map((text) => Buffer.from(text ?? '', 'base64').toString());
    expect(await registration.check(bundle, { correct: false })).toEqual(texts);
    expect(objects.at(mutating)?.webhooks).toEqual(found.map(webhookOf));
    expect(await registration.check(bundle, { correct: true })).toEqual(found.map(() => bundle));
    expect(objects.at(mutating)).toMatchObject({ metadata: { annotations: { kept: 'yes' } } });
    expect(objects.at(mutating)?.webhooks).toEqual(found.map(() => webhookOf(encoded)));
    expect(corrected).toEqual(['MutatingWebhookConfiguration']);
    expect(await registration.check(bundle, { correct: false })).toEqual(found.map(() => bundle));
  });

  it('is not written where it is right', async () => {
    const { objects, registration, corrected } = sceneOf(encoded);
    expect(await registration.check(bundle, { correct: true })).toEqual([bundle]);
    expect(objects.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    expect(corrected).toEqual([]);
  });

  it('may be of both kinds', async () => {
    const { objects, registration, corrected } = sceneOf(encoded);
    const kind = 'ValidatingWebhookConfiguration';
    objects.put(validating, { kind, metadata: {}, webhooks: [webhookOf()] });
    expect(await registration.check(bundle, { correct: true })).toEqual([bundle, bundle]);
    expect(objects.at(validating)?.webhooks).toEqual([webhookOf(encoded)]);
    expect(corrected).toEqual([kind]);
  });

  it('stays wrong for now where somebody changes it in between', async () => {
    const { objects, registration, corrected } = sceneOf('');
    objects.before = (request) => {
      if (request.startsWith('PUT')) throw new StatusError(request, 409, 'the object has been modified');
    };
    expect(await registration.check(bundle, { correct: true })).toEqual(['']);
    expect(corrected).toEqual([]);
  });

  it('is missed where there is none, and passes on why it cannot be read', async () => {
    const { objects, registration } = sceneOf(encoded);
    objects.remove(mutating);
    await expect(registration.check(bundle, { correct: true })).rejects.toThrow(
      /^webhook configurations podtemper: .*404: there is none of either kind/,
    );
    objects.before = (request) => {
      throw new StatusError(request, 403, 'forbidden');
    };
    await expect(registration.check(bundle, { correct: true })).rejects.toThrow(/403: forbidden/);
  });
});
