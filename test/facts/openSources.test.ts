import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openSources } from '../../src/commands/sources.js';
import { registerEventMetrics } from '../../src/telemetry/eventMetrics.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { recordedLog } from '../telemetry/recordedLog.js';
import { answerJson, FakeApiServer, namespaces } from './fakeApiServer.js';
import { inTemporaryFolder, writeKubeconfig } from './kubeconfigFile.js';
import { plainFlags } from './plainFlags.js';
import { until } from './until.js';

// The client for Kubernetes is loaded within a test, which takes its time.
jest.setTimeout(20_000);

/** Longer than a replica that cannot lead waits before it tries again. */
const longestRetry = 4500;

let server: FakeApiServer;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
});

afterEach(() => server.close());

describe('sources of which the last cannot be opened', () => {
  it('are closed: nothing is watched, shared or led any more', async () => {
    server.intercept = ({ pathname }, response) => {
      const isShared = pathname.startsWith('/apis/') || pathname.includes('/secrets');
      if (isShared) answerJson(response, 403, { kind: 'Status', message: 'forbidden' });
      return isShared;
    };
    const metrics = new Metrics([], [], [], '0');
    registerEventMetrics(metrics.registry, { reasons: [], causes: [] }); // to be registered once only
    await inTemporaryFolder(async (folder) => {
      const kubeconfig = await writeKubeconfig(folder, { server: server.url });
      const tlsSecret = { namespace: 'system', name: 'authority' };
      const flags = { ...plainFlags, kubeconfig, tlsSecret, serverName: ['127.0.0.1'] };
      await expect(openSources(flags, recordedLog(), metrics)).rejects.toThrow(/already been registered/);
    });
    await delay(200); // what was on its way has come
    await until('no watch', () => server.watches(namespaces) === 0);
    const asked = server.requests.length;
    await delay(longestRetry);
    expect(server.requests.slice(asked)).toEqual([]);
  });
});
