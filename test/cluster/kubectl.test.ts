import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { barePod, hardContainer, modeLabel, restricted } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';

let cluster: Cluster;
let installation: Installation;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster);
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

describe('kubectl', () => {
  const manifest = (pod: object) => ({ input: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...pod }) });
  let namespace: string;

  beforeAll(async () => {
    namespace = await installation.createNamespace('kubectl', { [modeLabel]: 'enforce', ...restricted });
  });

  it('runs a plain nginx where Pod Security is restricted, and could not without us', async () => {
    const plain = await installation.createNamespace('plain', restricted);
    const refused = await cluster.kubectl(['run', 'web', '--image=nginx', '--namespace', plain]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('violates PodSecurity "restricted:latest"'),
    });
    const admitted = await cluster.kubectl(['run', 'web', '--image=nginx', '--namespace', namespace]);
    expect(admitted).toMatchObject({ code: 0, stdout: 'pod/web created\n' });
    const stored = await cluster.requestOk<V1Pod>('GET', `/api/v1/namespaces/${namespace}/pods/web`);
    const securityContext = { ...hardContainer.securityContext, runAsUser: 101 };
    expect(stored.spec?.containers).toMatchObject([{ ...hardContainer, securityContext }]);
    expect(stored.spec?.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(
      expect.arrayContaining(['/tmp', '/var/cache/nginx', '/run']),
    );
  });

  it('tries a pod by dry run and stores nothing', async () => {
    const args = ['apply', '--dry-run=server', '--namespace', namespace, '-f', '-', '-o', 'yaml'];
    const { code, stdout } = await cluster.kubectl(args, manifest(barePod));
    expect(code).toBe(0);
    expect(stdout).toContain('podtemper.io/hardened: ');
    expect(stdout).toContain('runAsNonRoot: true');
    const path = `/api/v1/namespaces/${namespace}/pods/bare`;
    expect((await cluster.request('GET', path)).status).toBe(404);
  });

  it('shows what was done, and what could not be', async () => {
    const securityContext = { capabilities: { add: ['SYS_ADMIN'] } };
    const pod = {
      metadata: { name: 'mount' },
      spec: { containers: [{ name: 'app', image: 'mount', securityContext }] },
    };
    const open = await installation.createNamespace('open', { [modeLabel]: 'enforce' });
    const { code, stdout, stderr } = await cluster.kubectl(
      ['apply', '--namespace', open, '-f', '-'],
      manifest(pod),
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'pod/mount created\n' });
    const lines = stderr.trim().split('\n');
    for (const line of lines) expect(line).toMatch(/^Warning: podtemper: .{1,110}$/);
    expect(stderr).toMatch(
      /^Warning: podtemper: hardened by policy default: capabilities, readOnlyRootFilesystem,/,
    );
    expect(stderr).toMatch(
      /^Warning: podtemper: containers\/app without allowPrivilegeEscalation: .* SYS_ADMIN /m,
    );
  });

  it('applies a hardened pod again without a conflict, and changes its labels', async () => {
    const open = await installation.createNamespace('again', { [modeLabel]: 'enforce' });
    const args = ['apply', '--namespace', open, '-f', '-'];
    expect(await cluster.kubectl(args, manifest(barePod))).toMatchObject({ stdout: 'pod/bare created\n' });
    const again = await cluster.kubectl(args, manifest(barePod));
    expect(again).toEqual({ code: 0, stdout: 'pod/bare unchanged\n', stderr: '' });
    const labelled = await cluster.kubectl(['label', 'pod', 'bare', 'team=blue', '--namespace', open]);
    expect(labelled).toEqual({ code: 0, stdout: 'pod/bare labeled\n', stderr: '' });
  });

  it('applies it server-side, and again without a conflict', async () => {
    const open = await installation.createNamespace('server-side', { [modeLabel]: 'enforce' });
    const args = ['apply', '--server-side', '--namespace', open, '-f', '-'];
    for (const turn of [1, 2]) {
      const { code, stdout } = await cluster.kubectl(args, manifest(barePod));
      expect({ turn, code, stdout }).toEqual({ turn, code: 0, stdout: 'pod/bare serverside-applied\n' });
    }
  });
});

describe('the service account of the chart', () => {
  it('may read namespaces, LimitRanges and quotas, write Events, and nothing else', async () => {
    const can = async (...args: string[]) => {
      const command = ['--kubeconfig', installation.kubeconfig, 'auth', 'can-i', ...args, '--all-namespaces'];
      return (await cluster.kubectl(command)).stdout.trim();
    };
    for (const resource of ['namespaces', 'limitranges', 'resourcequotas']) {
      expect([await can('watch', resource), await can('update', resource)]).toEqual(['yes', 'no']);
    }
    expect([await can('create', 'events'), await can('list', 'events')]).toEqual(['yes', 'no']);
    expect([await can('get', 'replicasets'), await can('list', 'replicasets')]).toEqual(['yes', 'no']);
    for (const resource of ['pods', 'secrets', 'configmaps']) expect(await can('list', resource)).toBe('no');
    expect(await can('*', '*')).toBe('no');
  });
});
