import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CoreV1EventList, V1PodList } from '@kubernetes/client-node';
import {
  annotated,
  barePod,
  dryRun,
  hardenedAnnotation,
  modeLabel,
  policyLabel,
  policyNamed,
} from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const policies = { denying: policyNamed('denying', { controls: { privileged: { mode: 'deny' } } }) };

let cluster: Cluster;
let installation: Installation;
let namespace: string;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies }, replicas: 2 });
  namespace = await installation.createNamespace('told', { [modeLabel]: 'enforce' });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

const container = { name: 'app', image: 'registry.example/app:1' };
const deployment = (name: string, own: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 5,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ ...container, ...own }] } },
  },
});

const deployments = (query = '') => `/apis/apps/v1/namespaces/${namespace}/deployments${query}`;

/** Our Events as `kubectl describe` prints them: type, reason and message. */
async function described(kind: string, name: string): Promise<string[]> {
  const { stdout } = await cluster.kubectl(['describe', kind, name, '--namespace', namespace]);
  const lines = stdout.split('\n').filter((line) => / podtemper +/.test(line));
  return lines.map((line) => {
    const [, type = '', reason = '', message = ''] = /^ +(\w+) +(\w+) .*? podtemper +(.*)$/.exec(line) ?? [];
    return `${type} ${reason} ${message}`;
  });
}

const ownEvents = async () => {
  const { items } = await cluster.requestOk<CoreV1EventList>('GET', `/api/v1/namespaces/${namespace}/events`);
  return items.filter(({ source }) => source?.component === 'podtemper');
};

const hardened =
  'its pods are hardened by policy default: allowPrivilegeEscalation, capabilities, readOnlyRootFilesystem, resources, ' +
  'runAsNonRoot, seccompProfile';

describe('kubectl describe', () => {
  it('shows nothing after dry runs', async () => {
    await dryRun(cluster, namespace, barePod);
    await cluster.requestOk('POST', deployments('?dryRun=All'), deployment('dry'));
    await cluster.requestOk('POST', deployments(), deployment('web'));
    // Those of the dry runs would have come first.
    await waitUntil('an Event', async () => (await ownEvents()).length > 0);
    expect((await ownEvents()).map(({ involvedObject: { kind, name } }) => `${kind} ${name}`)).toEqual([
      'Deployment web',
    ]);
  });

  it('shows one Event of a Deployment, whatever the number of pods, rollouts and replicas of ours', async () => {
    const pods = async () => {
      const { items } = await cluster.requestOk<V1PodList>('GET', `/api/v1/namespaces/${namespace}/pods`);
      return items.filter(({ metadata }) => metadata?.annotations?.[hardenedAnnotation] !== undefined).length;
    };
    await waitUntil('five pods', async () => (await pods()) >= 5);
    await cluster.kubectl(['rollout', 'restart', 'deployment/web', '--namespace', namespace]);
    await waitUntil('a pod of the next rollout', async () => (await pods()) > 5);
    expect(await described('deployment', 'web')).toEqual([`Normal Hardened ${hardened}`]);
  });

  it('shows why pods of a Deployment are refused', async () => {
    await cluster.requestOk('PATCH', `/api/v1/namespaces/${namespace}`, {
      metadata: { labels: { [policyLabel]: 'denying' } },
    });
    await cluster.requestOk(
      'POST',
      deployments(),
      deployment('agent', { securityContext: { privileged: true } }),
    );
    await waitUntil('the Event', async () =>
      (await described('deployment', 'agent')).join().includes('HardeningDenied'),
    );
    expect(await described('deployment', 'agent')).toContainEqual(
      expect.stringMatching(
        /^Warning HardeningDenied policy denying in namespace \S+ refuses the pod for privileged - /,
      ),
    );
  });

  it('shows what became of a pod that nobody looks after', async () => {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const optOut = { 'podtemper.io/opt-out': 'resources', 'podtemper.io/opt-out-reason': 'as before' };
    await cluster.requestOk('POST', pods, annotated(optOut));
    await waitUntil('both Events', async () => (await described('pod', 'bare')).length === 2);
    expect((await described('pod', 'bare')).toSorted()).toEqual([
      expect.stringMatching(
        /^Normal Hardened hardened by policy denying: allowPrivilegeEscalation,capabilities,/,
      ),
      'Normal OptedOut opted out of resources, because: as before',
    ]);
  });
});

describe('the processes', () => {
  it('count what they write, and are refused nothing', async () => {
    const counted = await Promise.all(
      installation.processes.map(async (process) => ({
        written: await process.counters('podtemper_events_total'),
        dropped: await process.counters('podtemper_events_dropped_total'),
      })),
    );
    const sum = (samples: readonly { value: number }[]) =>
      samples.reduce((total, { value }) => total + value, 0);
    expect(sum(counted.flatMap(({ written }) => written))).toBeGreaterThanOrEqual(4);
    expect(sum(counted.flatMap(({ dropped }) => dropped))).toBe(0);
  });
});
