import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1SelfSubjectRulesReview } from '@kubernetes/client-node';
import { createCertificateAuthority } from '../../src/certificates/authority.js';
import { type SharedCertificate, shareCertificate } from '../../src/commands/selfManaged.js';
import { requiredPermissions } from '../../src/doctor/permissions.js';
import { type ClusterConnection, connect as connectTo } from '../../src/cluster/connection.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { recordedLog } from '../telemetry/recordedLog.js';
import { modeLabel } from './barePod.js';
import type { Cluster } from './cluster.js';
import { CreateStream } from './faults/createStream.js';
import { failedOf } from './faults/faultTable.js';
import { type Installation, install } from './installation.js';
import { certificatesOf, hardens, SharedState } from './selfManaged.js';
import { servedBy } from './servedCertificate.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await connect();
});
afterAll(() => cluster.close());

/** Figures that are to be read, and are no part of what is tested. */
const lines: string[] = [];
afterAll(() => void process.stdout.write(`\n${lines.join('\n')}\n`));

async function secondsUntil(
  what: string,
  holds: () => Promise<boolean>,
  timeoutSeconds = 60,
): Promise<string> {
  const start = performance.now();
  await waitUntil(what, holds, { timeoutSeconds });
  return `${((performance.now() - start) / 1000).toFixed(2)} s`;
}

const webhook = { failurePolicy: 'Fail' };

describe('an installation without cert-manager', () => {
  let installation: Installation;
  let state: SharedState;
  let namespace: string;

  beforeAll(async () => {
    const start = performance.now();
    installation = await install(cluster, { values: { webhook }, replicas: 2, isConfined: true });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    lines.push(`install: helm, two processes one after the other, first pod hardened: ${seconds} s`);
    state = new SharedState(cluster, installation);
    namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
  });

  afterAll(() => installation?.uninstall());

  /** Processes, and the certificates that they serve. */
  const served = () => Promise.all(installation.processes.map(servedBy));

  it('is ready, and hardens pods, by one authority that all replicas share', async () => {
    const authorities = await state.authorities();
    expect(authorities).toHaveLength(1);
    expect(await state.caBundle()).toBe((await state.texts())['ca.crt']);
    const [issuer] = authorities;
    for (const certificate of await served()) {
      expect(issuer && certificate.verify(issuer.publicKey)).toBe(true);
      expect(certificate.checkHost(`${installation.release}.${installation.namespace}.svc`)).toBeDefined();
    }
    for (const each of installation.processes) {
      expect(await each.readiness()).toMatchObject({ ready: true, certificate: 'ok' });
    }
    expect(await hardens(cluster, namespace)).toBe(true);
    for (const each of installation.processes) {
      const log = await each.log();
      const at = (msg: string) => Date.parse(String(log.find((line) => line.msg === msg)?.time));
      const begun = Date.parse(String(log[0]?.time));
      const written = at('caBundle written') - begun;
      if (written >= 0) lines.push(`the leader: caBundle written ${written} ms after its first line`);
    }
  });

  it('has one leader', async () => {
    const gauges = await Promise.all(
      installation.processes.map(async (each) => (await each.counters('podtemper_leader'))[0]?.value),
    );
    expect(new Set(gauges)).toEqual(new Set([0, 1]));
  });

  it.each([
    ['the Secret is deleted', () => cluster.requestOk('DELETE', state.secretPath)],
    ['the Secret is emptied', () => cluster.requestOk('PATCH', state.secretPath, { data: null })],
    [
      'the Secret is filled with garbage',
      () => cluster.requestOk('PATCH', state.secretPath, { stringData: { 'ca.crt': 'x', 'ca.key': 'y' } }),
    ],
    ['the caBundle is emptied', () => state.setCaBundle('')],
    ['the caBundle is another', () => state.setCaBundle(foreign)],
    ['the caBundle of the validating webhook is another', () => state.setCaBundle(foreign, 'validating')],
    ['the Lease is deleted', () => cluster.requestOk('DELETE', state.leasePath)],
  ])('heals without a restart where %s', async (what, harm) => {
    const before = await state.texts();
    const fingerprints = (await served()).map(({ fingerprint256 }) => fingerprint256);
    await harm();
    const seconds = await secondsUntil('all to be as it was', async () => {
      const [texts, caBundle] = [await state.texts(), await state.caBundle()];
      const { status } = await cluster.request('GET', state.leasePath);
      return (
        texts['ca.crt'] === before['ca.crt'] &&
        texts['ca.key'] === before['ca.key'] &&
        caBundle === before['ca.crt'] &&
        status === 200 &&
        (await hardens(cluster, namespace))
      );
    });
    lines.push(`${what}: healed after ${seconds}`);
    expect((await served()).map(({ fingerprint256 }) => fingerprint256)).toEqual(fingerprints);
    await waitUntil('the replicas to be at ease', async () => {
      const parts = await Promise.all(installation.processes.map((each) => each.readiness()));
      return parts.every(({ certificate }) => certificate === 'ok');
    });
  });

  it('goes on without its rights, says so, and heals when it has them again', async () => {
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${installation.namespace}/rolebindings`;
    const binding = await cluster.requestOk<{ metadata: object }>('GET', `${path}/${installation.release}`);
    await cluster.requestOk('DELETE', `${path}/${installation.release}`);
    const parts = async () => Promise.all(installation.processes.map((each) => each.readiness()));
    await waitUntil('both replicas to say so', async () =>
      (await parts()).every(({ certificate }) => /^ok: the last good .*; .*forbidden/.test(certificate)),
    );
    expect((await parts()).map(({ ready }) => ready)).toEqual([true, true]);
    expect(await hardens(cluster, namespace)).toBe(true);
    for (const each of installation.processes) {
      const failed = await each.counters('podtemper_certificate_errors_total');
      expect(failed.find(({ labels }) => labels.step === 'lease')?.value).toBeGreaterThan(0);
      const said = (await each.log()).find(({ step }) => step === 'lease');
      expect(said).toMatchObject({ level: 'warn', error: expect.stringContaining('forbidden') });
    }
    const { metadata: _metadata, ...rest } = binding;
    await cluster.requestOk('POST', path, { ...rest, metadata: { name: installation.release } });
    await waitUntil('all to be well', async () =>
      (await parts()).every(({ certificate }) => certificate === 'ok'),
    );
  });

  it('has the rights that docs/rbac.md lists, and no other', async () => {
    const { namespace: own, release, kubeconfig } = installation;
    const anybodys = new Set(await rightsOf(await cluster.kubeconfigFor(own, 'default'), own));
    const granted = (await rightsOf(kubeconfig, own)).filter((right) => !anybodys.has(right));
    const authority = { namespace: own, name: `${release}-authority` };
    const needed = requiredPermissions({ configuration: release, authority, writesEvents: true }).map(
      ({ group, resource, name = '', verb }) => `${group} ${resource} ${name} ${verb}`,
    );
    expect(granted.toSorted()).toEqual(needed.toSorted());
  });

  /** Each right of whoever the kubeconfig is for, as the API server tells it: group, resource, name and verb. */
  async function rightsOf(kubeconfig: string, inNamespace: string): Promise<string[]> {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: inNamespace },
    };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
    const { stdout, stderr } = await cluster.kubectl(['create', '--raw', path, '-f', '-'], {
      input: JSON.stringify(review),
      env: { KUBECONFIG: kubeconfig },
    });
    expect(stderr).toBe('');
    const { status } = JSON.parse(stdout) as V1SelfSubjectRulesReview;
    return (status?.resourceRules ?? []).flatMap(
      ({ apiGroups = [], resources = [], resourceNames = [], verbs }) =>
        apiGroups
          .flatMap((group) => resources.map((resource) => `${group} ${resource}`))
          .flatMap((what) =>
            (resourceNames.length > 0 ? resourceNames : ['']).map((name) => `${what} ${name}`),
          )
          .flatMap((what) => verbs.map((verb) => `${what} ${verb}`)),
    );
  }

  it('never writes a key into its log', async () => {
    const { 'ca.key': keys = '' } = await state.texts();
    const secret = keys.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'));
    expect(secret.length).toBeGreaterThan(0);
    for (const each of installation.processes) {
      const text = JSON.stringify(await each.log());
      for (const line of secret) expect(text).not.toContain(line);
      expect(text).not.toContain('PRIVATE KEY-');
    }
  });

  it('ends with one authority where two replicas begin at once with nothing, 50 times', async () => {
    await installation.stop();
    const authorities = new Set<string>();
    const start = performance.now();
    for (let time = 0; time < 50; time += 1) {
      await cluster.request('DELETE', state.secretPath);
      await cluster.request('DELETE', state.leasePath);
      const connections = await Promise.all([connection(), connection()]);
      const replicas = connections.map((each) => share(each));
      await waitUntil('both to be at ease', async () => replicas.every(({ state: say }) => say() === 'ok'));
      const bundles = replicas.map(({ source }) => source.caBundle);
      const { 'ca.crt': kept = '' } = await state.texts();
      expect(certificatesOf(kept)).toHaveLength(1);
      expect(bundles).toEqual([kept, kept]);
      expect(await state.caBundle()).toBe(kept);
      authorities.add(kept);
      for (const { source } of replicas) source.close();
    }
    expect(authorities.size).toBe(50);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    lines.push(`two replicas at once on nothing, 50 times: one authority each time, ${seconds} s in all`);
  }, 180_000);

  async function connection(): Promise<ClusterConnection> {
    const made = await connectTo({ kubeconfig: installation.kubeconfig });
    if (!made) throw new Error('connection: expected one, found none');
    return made;
  }

  function share(way: ClusterConnection): SharedCertificate {
    const { namespace: own, release } = installation;
    const options = {
      connection: way,
      secret: { namespace: own, name: `${release}-authority` },
      webhookConfiguration: release,
      names: [`${release}.${own}.svc`],
      lifetimes: { authorityDays: 365, certificateDays: 30 },
    };
    return shareCertificate(options, recordedLog(), new Metrics([], [], [], '0'));
  }
});

/** An authority that is none of ours, in base64 of PEM. */
const foreign = Buffer.from(createCertificateAuthority(new Date()).cert).toString('base64');

/** Authorities that come and go while the test looks on: one takes a minute. */
const generations = process.env.FAULTS_THOROUGH === '1' ? 3 : 1;

describe('certificates that last for seconds', () => {
  let installation: Installation;

  beforeAll(async () => {
    const selfManaged = { authorityLife: '60s', certificateLife: '10s' };
    // A handshake that fails, fails at once; a slow machine is no witness.
    const values = { webhook: { ...webhook, timeoutSeconds: 10 }, tls: { selfManaged } };
    installation = await install(cluster, { values, replicas: 2, isConfined: true });
  });

  afterAll(() => installation?.uninstall());

  it('rotate, and no pod notices', async () => {
    const state = new SharedState(cluster, installation);
    const namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
    const stream = await CreateStream.start(cluster, namespace, 100);
    const authorities = new Set<string>();
    const seen = installation.processes.map(() => ({
      certificates: new Set<string>(),
      issuers: new Set<string>(),
    }));
    try {
      const connections = installation.proxy.connections();
      const rotated = async () => {
        const trusted = await state.authorities();
        const before = authorities.size;
        for (const { fingerprint256 } of trusted) authorities.add(fingerprint256);
        if (authorities.size > before) stream.burst(50); // new connections, each with a handshake
        for (const [at, process] of installation.processes.entries()) {
          const certificate = await servedBy(process);
          const issuer = trusted.find(({ publicKey }) => certificate.verify(publicKey));
          seen[at]?.certificates.add(certificate.fingerprint256);
          seen[at]?.issuers.add(issuer?.fingerprint256 ?? 'none that is trusted');
        }
        const gone = [...authorities].slice(0, generations);
        const isOver =
          gone.length === generations && !trusted.some(({ fingerprint256 }) => gone.includes(fingerprint256));
        return isOver && seen.every(({ issuers }) => issuers.size > generations);
      };
      await waitUntil(`${generations} generations to be gone`, rotated, { timeoutSeconds: 240 });
      const measured = await stream.end();
      lines.push(
        `rotation: ${authorities.size - 1} authorities followed the first one, ` +
          `${seen.map(({ certificates }) => certificates.size).join(' and ')} certificates served; ` +
          `${measured.sent} creates in ${measured.seconds.toFixed(0)} s, ${failedOf(measured)} failed, ` +
          `${measured.unserved} unserved, ` +
          `slowest ${measured.slowestMilliseconds.toFixed(0)} ms, ` +
          `${installation.proxy.connections() - connections} new connections`,
      );
      expect(Object.fromEntries(measured.failed)).toEqual({});
      expect(measured.unserved).toBeLessThan(measured.sent / 10); // the API server's own troubles
      for (const { issuers } of seen) expect(issuers).not.toContain('none that is trusted');
    } finally {
      await stream.end();
    }
  }, 300_000);
});
