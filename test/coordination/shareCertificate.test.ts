import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ClusterConnection } from '../../src/cluster/connection.js';
import { StatusError } from '../../src/cluster/exchange.js';
import { webhookPaths } from '../../src/cluster/webhookRegistration.js';
import { type SharedCertificate, shareCertificate } from '../../src/commands/selfManaged.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { FakeTiming } from '../facts/fakeTiming.js';
import { recordedLog, type RecordedLog } from '../telemetry/recordedLog.js';
import { parseSamples } from '../telemetry/samples.js';
import { FakeObjects } from './fakeObjects.js';

const secretPath = '/api/v1/namespaces/system/secrets/authority';
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/system/leases/authority';
const registrationPath = `${webhookPaths[0]}/podtemper`;
const registration = {
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'podtemper' },
  webhooks: [{ clientConfig: {} }],
};
const isSecret = (request: string) => request.includes('/secrets/');

let objects: FakeObjects;
let timing: FakeTiming;
let log: RecordedLog;
let metrics: Metrics;
let shared: SharedCertificate | undefined;

beforeEach(() => {
  objects = new FakeObjects();
  objects.put(registrationPath, registration);
  timing = new FakeTiming();
  log = recordedLog();
  metrics = new Metrics([], [], [], '0');
});

afterEach(() => {
  jest.useRealTimers();
  shared?.source.close();
});

async function share(): Promise<SharedCertificate> {
  const connection: ClusterConnection = {
    server: 'https://api.test',
    get: (path) => objects.get(path),
    write: (path, written) => objects.write(path, written),
    watch: () => Promise.reject(new Error('no watch')),
  };
  const secret = { namespace: 'system', name: 'authority' };
  const lifetimes = { authorityDays: 365, certificateDays: 30 };
  const names = ['podtemper.system.svc'];
  const options = { connection, secret, webhookConfiguration: 'podtemper', names, lifetimes, timing };
  shared = shareCertificate(options, log, metrics);
  await settle();
  return shared;
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}

async function seconds(count: number): Promise<void> {
  for (let second = 0; second < count; second += 1) {
    timing.advance(1000);
    await settle();
  }
}

function forbid(isForbidden: (request: string) => boolean): void {
  objects.before = (request) => {
    if (isForbidden(request)) throw new StatusError(request, 403, 'forbidden');
  };
}

async function sample(name: string, step?: string): Promise<number | undefined> {
  const samples = parseSamples(await metrics.registry.metrics());
  return samples.find((each) => each.name === name && each.labels.step === step)?.value;
}

const said = () => log.lines.map(({ level, msg, fields }) => [level, msg, fields.step ?? '']);

describe('a shared certificate', () => {
  it('is ready once the API server was told to trust it', async () => {
    const { source, state } = await share();
    expect(state()).toBe('ok');
    expect(objects.at(secretPath)).toBeDefined();
    expect(objects.at(leasePath)).toBeDefined();
    expect(objects.at(registrationPath)).toMatchObject({
      webhooks: [{ clientConfig: { caBundle: Buffer.from(source.caBundle).toString('base64') } }],
    });
    expect(said()).toContainEqual(['info', 'leading', '']);
    expect(said()).toContainEqual(['info', 'caBundle written', '']);
    expect(await sample('podtemper_leader')).toBe(1);
    expect(await sample('podtemper_certificate_authority_expiry_timestamp_seconds')).toBe(
      source.authorityEnd().getTime() / 1000,
    );
    for (const step of ['secret', 'caBundle', 'lease'])
      expect(await sample('podtemper_certificate_errors_total', step)).toBe(0);
  });

  it('waits for its Secret, and says once what is in the way', async () => {
    forbid(isSecret);
    const { state } = await share();
    expect(state()).toMatch(/^waiting for Secret system\/authority; .*403: forbidden$/);
    await seconds(20);
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ msg, fields }) => [msg, fields.step])).toEqual([
      ['authority not shared, the last good certificate goes on serving', 'secret'],
    ]);
    expect(await sample('podtemper_certificate_errors_total', 'secret')).toBeGreaterThan(3);
    forbid(() => false);
    await seconds(6);
    expect(state()).toBe('ok');
    expect(said()).toContainEqual(['info', 'succeeds again', 'secret']);
  });

  it('waits for the one that leads to have it trusted', async () => {
    const spec = { holderIdentity: 'another', leaseDurationSeconds: 15 };
    objects.put(leasePath, { metadata: {}, spec });
    const { state } = await share();
    expect(state()).toBe('waiting for the caBundle of podtemper');
    expect(await sample('podtemper_leader')).toBe(0);
    await seconds(20); // no news of the other
    expect(state()).toBe('ok');
    expect(await sample('podtemper_leader')).toBe(1);
  });

  it.each([
    ['the Secret', isSecret, 'secret'],
    ['the registration', (request: string) => request.includes('configurations/'), 'caBundle'],
    ['the Lease', (request: string) => request.includes('/leases/'), 'lease'],
  ])('serves on without its rights on %s, and says so', async (_what, isForbidden, step) => {
    const { source, state } = await share();
    const before = source.current();
    forbid(isForbidden);
    await seconds(70);
    expect(state()).toMatch(/^ok: the last good certificate serves; .*403: forbidden$/);
    expect(source.current()).toBe(before);
    expect(await sample('podtemper_certificate_errors_total', step)).toBeGreaterThan(0);
    expect(said().filter(([level]) => level === 'warn')).toHaveLength(1);
    forbid(() => false);
    await seconds(70);
    expect(state()).toBe('ok');
  });

  it('is not ready while its clock was ahead, until all is made anew', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'], now: Date.now() + 9 * 60 * 60_000 });
    const { state } = await share();
    expect(state()).toBe('ok');
    jest.useRealTimers();
    expect(state()).toBe('not yet valid');
    await seconds(180);
    expect(state()).toBe('ok');
  });

  it('is ready where nobody may see whom the API server trusts, or nothing is registered', async () => {
    forbid((request) => request.includes('configurations/'));
    expect((await share()).state()).toMatch(/^ok: .*403: forbidden$/);
    shared?.source.close();
    forbid(() => false);
    objects.remove(registrationPath);
    metrics = new Metrics([], [], [], '0');
    expect((await share()).state()).toMatch(/^ok: .*404: there is none of either kind$/);
  });

  it('gives its lead up when it is closed', async () => {
    const { source } = await share();
    source.close();
    await settle();
    expect(objects.at(leasePath)).toMatchObject({ spec: { holderIdentity: '' } });
    expect(timing.delays()).toEqual([]);
  });
});
