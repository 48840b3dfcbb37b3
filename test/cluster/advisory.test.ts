import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { modeLabel } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';

let cluster: Cluster;
let installation: Installation;
let namespace: string;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster);
  namespace = await installation.createNamespace('advisory', { [modeLabel]: 'enforce' });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

/** A pod that mounts the socket of its node's container runtime. */
const builder = (name: string, annotations = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations },
  spec: {
    containers: [
      {
        name: 'build',
        image: 'registry.example.com/build:1',
        volumeMounts: [{ name: 'docker', mountPath: '/var/run/docker.sock' }],
      },
    ],
    volumes: [{ name: 'docker', hostPath: { path: '/var/run/docker.sock' } }],
  },
});

const apply = (pod: object) =>
  cluster.kubectl(['apply', '--namespace', namespace, '-f', '-'], { input: JSON.stringify(pod) });

/** What kubectl prints as warnings, whose lines are broken anywhere. */
const warningsIn = (stderr: string) =>
  stderr.replaceAll(/^Warning: podtemper: +/gm, '').replaceAll(/\s+/g, ' ');

describe('kubectl apply', () => {
  it('warns of the socket of the container runtime, and the pod is created and hardened all the same', async () => {
    const { code, stdout, stderr } = await apply(builder('builder'));
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'pod/builder created\n' });
    expect(warningsIn(stderr)).toContain(
      'runtimeSocket: spec.volumes[0].hostPath.path is /var/run/docker.sock (containers/build): whoever reaches the ' +
        'socket of the container runtime is root on the node, be it mounted read-only. To mend it: leave the volume out',
    );
    for (const line of stderr.trim().split('\n')) expect(line).toMatch(/^Warning: podtemper: .{1,110}$/);
    const { metadata, spec } = await cluster.requestOk<V1Pod>(
      'GET',
      `/api/v1/namespaces/${namespace}/pods/builder`,
    );
    expect(spec?.volumes?.map(({ hostPath }) => hostPath?.path)).toContain('/var/run/docker.sock');
    expect(metadata?.annotations?.['podtemper.io/hardened']).toContain('runAsNonRoot');
    expect(metadata?.annotations?.['podtemper.io/hardened']).not.toContain('runtimeSocket');
  });

  it('says nothing of it once the pod has opted out, nor of the token that nearly every pod has', async () => {
    const { code, stderr } = await apply(
      builder('trusted', {
        'podtemper.io/opt-out': 'runtimeSocket',
        'podtemper.io/opt-out-reason': 'builds images',
      }),
    );
    expect(code).toBe(0);
    expect(stderr).toContain('Warning: podtemper: hardened by policy default');
    expect(stderr).not.toContain('docker.sock');
    expect(stderr).not.toContain('managementPlane');
  });
});
