import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import type { ApiResponse } from './apiClient.js';
import {
  annotated,
  dryRun,
  hardenedAnnotation,
  modeLabel,
  ownWarnings,
  policyLabel,
  policyNamed,
} from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';
import { waitUntil } from './waiting.js';

const optOut = 'podtemper.io/opt-out';
const strict = policyNamed('strict', { controls: { runAsNonRoot: { runAsUser: 2000 } } });

let cluster: Cluster;
let installation: Installation;
/** How long each change took to be seen, for people: what was changed, and milliseconds. */
const delays: [change: string, milliseconds: number][] = [];

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies: { strict } } });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
  const lines = delays.map(([change, milliseconds]) => `  ${change}: ${Math.round(milliseconds)} ms`);
  process.stdout.write(
    `after a change of the namespace, seen by a pod (asked each 50 ms):\n${lines.join('\n')}\n`,
  );
});

/** What becomes of a pod, in a word or two. */
async function fate(namespace: string, pod: object): Promise<string> {
  const { body, warnings } = await dryRun(cluster, namespace, pod);
  const user = body.spec?.containers[0]?.securityContext?.runAsUser;
  if (body.metadata?.annotations?.[hardenedAnnotation] !== undefined) return `hardened, user ${user}`;
  return ownWarnings(warnings).length > 0 ? 'told of' : 'left alone';
}

async function label(namespace: string, labels: Record<string, string | null>): Promise<void> {
  await cluster.requestOk('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } });
}

describe('a label of a namespace takes effect while pods are being created:', () => {
  const pod = annotated({ [optOut]: 'runAsNonRoot' });
  let namespace: string;

  beforeAll(async () => {
    namespace = await installation.createNamespace('live');
    expect(await fate(namespace, pod)).toBe('left alone');
  });

  /** In this order, in one namespace. */
  const changes: [string, Record<string, string | null>, string][] = [
    ['opted in, mode warn', { [modeLabel]: 'warn' }, 'told of'],
    ['mode enforce', { [modeLabel]: 'enforce' }, 'hardened, user undefined'],
    ['opt-out denied', { [optOut]: 'denied' }, 'hardened, user 1000'],
    ['policy strict', { [policyLabel]: 'strict' }, 'hardened, user 2000'],
    ['opt-out granted', { [optOut]: 'runAsNonRoot' }, 'hardened, user undefined'],
    ['opt-out of another control granted', { [optOut]: 'resources' }, 'hardened, user 2000'],
    ['no policy named', { [policyLabel]: null }, 'hardened, user 1000'],
    ['opt-out label removed', { [optOut]: null }, 'hardened, user undefined'],
    ['mode audit', { [modeLabel]: 'audit' }, 'left alone'],
    ['mode enforce again', { [modeLabel]: 'enforce' }, 'hardened, user undefined'],
    ['opted out', { [modeLabel]: null }, 'left alone'],
  ];

  it.each(changes)('%s', async (change, labels, expected) => {
    await label(namespace, labels);
    const start = performance.now();
    await waitUntil(change, async () => (await fate(namespace, pod)) === expected);
    delays.push([change, performance.now() - start]);
  });

  it('deleted and made anew with another mode', async () => {
    const name = await installation.createNamespace('anew', { [modeLabel]: 'enforce' });
    await waitUntil('mode enforce', async () => (await fate(name, pod)).startsWith('hardened'));
    const path = `/api/v1/namespaces/${name}`;
    await cluster.requestOk('DELETE', path);
    await waitUntil('its end', async () => (await cluster.request('GET', path)).status === 404);
    await cluster.createNamespace(name, { [modeLabel]: 'warn' });
    const start = performance.now();
    await waitUntil('mode warn', async () => (await fate(name, pod)) === 'told of');
    delays.push(['deleted and made anew', performance.now() - start]);
  });
});

describe('a label that means nothing changes no pod, and people are told what was meant:', () => {
  const noticed = async (code: string) => {
    const samples = (await installation.processes[0]?.counters('podtemper_notices_total')) ?? [];
    return samples.find(({ labels }) => labels['code'] === code)?.value;
  };

  async function tryIn(title: string, labels: Record<string, string>): Promise<ApiResponse<V1Pod>> {
    const namespace = await installation.createNamespace(title, labels);
    const args = ['--namespace', namespace, '--dry-run=server', '--image=nginx'];
    const { stderr } = await cluster.kubectl(['run', 'web', ...args]);
    expect(stderr).toContain('Warning: podtemper: podtemper.io/');
    return dryRun(cluster, namespace, annotated({}));
  }

  it.each([
    [
      'a misspelt mode',
      { [modeLabel]: 'enfroce' },
      'unknownMode',
      'podtemper.io/mode: no mode "enfroce", taken as audit; did you mean "enforce"?',
    ],
    [
      'a mode that is none',
      { [modeLabel]: 'off' },
      'unknownMode',
      'podtemper.io/mode: no mode "off", taken as audit; there is enforce, warn, audit',
    ],
    [
      'an empty mode',
      { [modeLabel]: '' },
      'unknownMode',
      'podtemper.io/mode: no mode "", taken as audit; there is enforce, warn, audit',
    ],
    [
      'a misspelt policy',
      { [modeLabel]: 'enforce', [policyLabel]: 'stritc' },
      'unknownPolicy',
      'podtemper.io/policy: no policy "stritc", taken as audit; did you mean "strict"?',
    ],
  ])('%s', async (title, labels, code, told) => {
    const before = await noticed(code);
    const { status, body, warnings } = await tryIn(title.replaceAll(' ', '-'), labels);
    expect(status).toBe(201);
    expect(ownWarnings(warnings)).toEqual([told]);
    expect(body.metadata?.annotations).toBeUndefined();
    expect(body.spec?.containers[0]).not.toHaveProperty('securityContext');
    expect(await noticed(code)).toBe((before ?? Number.NaN) + 2);
  });
});
