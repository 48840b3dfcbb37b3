import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textOf } from '../preview/corpus.js';
import { runPreview } from './runPreview.js';
import { podManifest, policyManifest, ScratchFolder } from './scratchFolder.js';

const run = (stdin: string, ...words: string[]) => runPreview(['-', ...words], { stdin });
const root = podManifest('root').replace('image: busybox', 'image: busybox, securityContext: {runAsUser: 0}');
const socket = podManifest('socket').replace(
  'spec: {',
  'spec: {automountServiceAccountToken: false, volumes: [{name: s, hostPath: {path: /run/docker.sock}}, {name: e, hostPath: {path: /etc}}], ',
);

const folder = new ScratchFolder();

beforeAll(() => folder.open());
afterAll(() => folder.close());

describe('podtemper preview --fail-on', () => {
  it.each([
    ['change', podManifest('a'), '--fail-on change: 1 object that hardening would add to'],
    ['warning', root, '--fail-on warning: 1 warning in the manifests'],
    ['finding', socket, '--fail-on finding: 2 findings that no patch can mend'],
    ['below-restricted', root, '--fail-on below-restricted: 1 object below the level restricted'],
  ])('%s ends with 1, and says why', async (what, manifest, reason) => {
    const { stdout, stderr, exitCode } = await run(manifest, '--fail-on', what);
    expect({ stderr, exitCode }).toEqual({ stderr: `podtemper: ${reason}\n`, exitCode: 1 });
    expect(stdout).toBe((await run(manifest)).stdout);
  });

  it.each([
    ['change', textOf('hardened.yaml')],
    ['warning', podManifest('a')],
    ['finding', podManifest('a').replace('spec: {', 'spec: {automountServiceAccountToken: false, ')],
    ['below-restricted', podManifest('a')],
  ])('%s passes what is not concerned', async (what, manifest) => {
    expect(await run(manifest, '--fail-on', what)).toMatchObject({ stderr: '', exitCode: undefined });
  });

  it('refused ends with 1 where a control of the policy denies the pods, and its namespace lets it', async () => {
    const pods = podManifest('a').replace('image:', 'securityContext: {privileged: true}, image:');
    const policy = await folder.write('policy.yaml', policyManifest('default', 'privileged: {mode: deny}'));
    const words = ['--fail-on', 'refused', '--policy', policy];
    expect(await run(pods, ...words)).toMatchObject({
      stderr: 'podtemper: --fail-on refused: 1 object whose pods will be refused\n',
      exitCode: 1,
    });
    expect(await run(pods, ...words, '--mode', 'warn')).toMatchObject({ stderr: '', exitCode: undefined });
    expect(await run(pods, '--fail-on', 'refused')).toMatchObject({ stderr: '', exitCode: undefined });
  });

  it('refused ends with 1 where Pod Security refuses the pods', async () => {
    const namespace =
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {podtemper.io/mode: enforce, pod-security.kubernetes.io/enforce: baseline}}\n';
    const host = podManifest('web, namespace: a').replace('spec: {', 'spec: {hostNetwork: true, ');
    expect(await run(`${namespace}---\n${host}`, '--fail-on', 'refused')).toMatchObject({
      stderr: 'podtemper: --fail-on refused: 1 object whose pods will be refused\n',
      exitCode: 1,
    });
    const allowed = namespace.replace('baseline', 'privileged');
    expect(await run(`${allowed}---\n${host}`, '--fail-on', 'refused')).toMatchObject({
      exitCode: undefined,
    });
  });

  it('counts what the reader warns of', async () => {
    const twice = podManifest('a').replace('kind: Pod', 'kind: Pod\nkind: Pod');
    expect(await run(twice, '--fail-on', 'warning')).toMatchObject({ exitCode: 1 });
  });

  it('can be given again', async () => {
    const { stderr } = await run(root, '--fail-on', 'change', '--fail-on', 'warning');
    expect(stderr.match(/--fail-on \w+/g)).toEqual(['--fail-on change', '--fail-on warning']);
  });

  it('gives way to what could not be read, which ends with 2', async () => {
    expect(await run(`${root}---\nkind: Pod\n`, '--fail-on', 'change')).toMatchObject({ exitCode: 2 });
  });

  it('names the choices where it is given another', async () => {
    await expect(run(root, '--fail-on', 'everything')).rejects.toThrow(
      'Allowed choices are change, warning, finding, refused, below-restricted.',
    );
  });
});
