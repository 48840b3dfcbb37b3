import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { modeLabel } from '../barePod.js';
import { type ControlPlane, startControlPlane } from '../controlPlane.js';
import { type Installation, install } from '../installation.js';
import { waitUntil } from '../waiting.js';
import { launchWebhook } from '../webhookProcess.js';
import { apiServerRestart } from './apiServerRestart.js';
import { blockedEventLoop } from './blockedEventLoop.js';
import { certificateSwap } from './certificateSwap.js';
import { CreateStream } from './createStream.js';
import { askDirectly, reviewIn } from './directReviews.js';
import { type Fault, timeoutSeconds } from './fault.js';
import { failedOf, type FaultRow, faultTable, resetsOf } from './faultTable.js';
import { idleConnections } from './idleConnections.js';
import { killedReplica } from './killedReplica.js';
import { overload } from './overload.js';
import { policy, policyReload } from './policyReload.js';
import { resetInBody } from './resetInBody.js';
import { rollingRestart } from './rollingRestart.js';
import { slowCallers } from './slowCallers.js';

const faults: Fault[] = [
  rollingRestart,
  certificateSwap,
  policyReload,
  apiServerRestart,
  killedReplica,
  blockedEventLoop,
  resetInBody,
  slowCallers,
  idleConnections,
  overload,
];

/** Longer than the proxy takes to notice that a replica is not ready any more. */
const drainSeconds = 3;

// Not the one that other tests share: its API server is restarted.
let controlPlane: ControlPlane;
let installation: Installation;
let namespace: string;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  installation = await install(controlPlane, {
    values: { webhook: { failurePolicy: 'Fail', timeoutSeconds }, policies: { default: policy(1001) } },
    replicas: 2,
    args: [`--drain-delay=${drainSeconds}`],
    isProbed: true,
    hasMountedCertificate: true,
  });
  namespace = await installation.createNamespace('pods', { [modeLabel]: 'enforce' });
});

afterAll(async () => {
  await installation?.uninstall();
  await controlPlane?.stop();
});

describe('pods go on being hardened', () => {
  const rows: FaultRow[] = [];
  const isThorough = process.env.FAULTS_THOROUGH === '1';
  /** With `make faults` a little more than the 200 that are promised, which with API server, proxy and load take two fast
   *  processors; else what any machine can do. */
  const createsPerSecond = isThorough ? 220 : 50;

  afterAll(() => void process.stdout.write(faultTable(rows)));

  it.each(faults.map((fault) => [fault.title, fault] as const))(
    '%s',
    async (_title, fault) => {
      const stream = await CreateStream.start(controlPlane, namespace, createsPerSecond);
      try {
        await stream.untilHealthy();
        stream.begin();
        const scene = { controlPlane, installation, namespace, stream, isThorough };
        const effect = await fault.inject(scene);
        await stream.untilHealthy();
        const measured = await stream.end();
        rows.push({ fault, measured, effect });
        expect(failedOf(measured)).toBeLessThanOrEqual(effect.accountsFor ?? 0);
        expect(resetsOf(measured)).toBeLessThanOrEqual(effect.resets ?? effect.accountsFor ?? 0);
      } finally {
        await stream.end();
      }
    },
    400_000,
  );
});

describe('a webhook that was started before the API server', () => {
  it('is alive, says what it waits for, and becomes ready by itself', async () => {
    const args = await installation.processArguments();
    await controlPlane.stopApiServer();
    const early = await launchWebhook(controlPlane.directory, 'early', args);
    try {
      expect((await fetch(`${early.operationsUrl}/healthz`)).status).toBe(200);
      await waitUntil('it to have tried', async () => (await early.readiness()).cluster.includes(';'));
      expect(await early.readiness()).toMatchObject({
        ready: false,
        cluster: expect.stringMatching(/^waiting for the first list of namespaces.*ECONNREFUSED/),
      });
      expect(await askDirectly(early, reviewIn(namespace))).toBe('answered without a patch');
      await controlPlane.startApiServer();
      await waitUntil('it to be ready', async () => (await early.readiness()).ready);
      expect(await askDirectly(early, reviewIn(namespace))).toBe('hardened');
    } finally {
      await early.stop();
    }
  });
});
