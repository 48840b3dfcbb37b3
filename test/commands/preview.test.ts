import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { runPreview } from './runPreview.js';
import { podManifest, policyManifest, ScratchFolder } from './scratchFolder.js';

const folder = new ScratchFolder();
beforeAll(() => folder.open());
afterAll(() => folder.close());

const namesIn = (yaml: string) =>
  parseAllDocuments(yaml).map((document) => document.getIn(['metadata', 'name']));

describe('podtemper preview reads', () => {
  it('files, in the order in which they are given', async () => {
    const paths = [
      await folder.write('b.yaml', podManifest('b')),
      await folder.write('a.yaml', podManifest('a')),
    ];
    const { stdout, stderr, exitCode } = await runPreview([...paths, '-o', 'yaml']);
    expect(namesIn(stdout)).toEqual(['b', 'a']);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: undefined });
  });

  it('each file once, where it is named first', async () => {
    const b = await folder.write('again/b.yaml', podManifest('b'));
    await folder.write('again/a.yaml', podManifest('a'));
    const words = [b, folder.pathOf('again'), '-', b, '-', '-o', 'yaml'];
    const { stdout } = await runPreview(words, { stdin: podManifest('piped') });
    expect(namesIn(stdout)).toEqual(['b', 'a', 'piped']);
  });

  it('folders, through and through, but for what is no manifest', async () => {
    await folder.write('tree/b.yml', podManifest('b'));
    await folder.write(
      'tree/inner/c.json',
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"},"spec":{"containers":[{"name":"app"}]}}',
    );
    await folder.write('tree/a.yaml', podManifest('a'));
    await folder.write('tree/README.md', 'none');
    await folder.write('tree/.hidden.yaml', podManifest('hidden'));
    await folder.write('tree/.git/d.yaml', podManifest('hidden'));
    const { stdout, stderr } = await runPreview([folder.pathOf('tree'), '-o', 'yaml']);
    expect(namesIn(stdout)).toEqual(['a', 'b', 'c']);
    expect(stderr).toBe('');
  });

  it('links to files in a folder, but no links to folders, which may lead round in a circle', async () => {
    const target = await folder.write('linked.yaml', podManifest('linked'));
    await folder.write('links/own.yaml', podManifest('own'));
    await folder.link('links/link.yaml', target);
    await folder.link('links/circle', folder.pathOf('links'));
    const { stdout, stderr } = await runPreview([folder.pathOf('links'), '-o', 'yaml']);
    expect(namesIn(stdout)).toEqual(['linked', 'own']);
    expect(stderr).toBe('');
  });

  it('standard input for -, and where nothing is given', async () => {
    for (const words of [['-'], []]) {
      const { stdout } = await runPreview([...words, '-o', 'yaml'], { stdin: podManifest('piped') });
      expect(namesIn(stdout)).toEqual(['piped']);
    }
  });

  it('standard input in pieces, wherever they are cut', async () => {
    const bytes = Buffer.from(podManifest('a', ', annotations: {a: "日本語 👋"}'));
    const stdin = Array.from(bytes, (byte) => Uint8Array.of(byte));
    const { stdout } = await runPreview(['-o', 'json'], { stdin });
    expect(stdout).toContain('日本語 👋');
  });

  it('no terminal: it says what to give instead', async () => {
    await expect(runPreview([], { isTTY: true })).rejects.toThrow(
      'preview: expected a manifest file, a folder, a live workload or -, found nothing; try podtemper preview deployment.yaml',
    );
  });
});

describe('podtemper preview prints', () => {
  it.each([
    ['text', /^Pod web: 1 container, 6 controls change it/],
    ['diff', /^--- a\/stdin\n\+\+\+ b\/stdin\n@@ /],
    ['yaml', /^apiVersion: v1\nkind: Pod\nmetadata: \{name: web, annotations/],
    ['json', /^\{\n {2}"items": \[/],
    ['patch', /^\[\n {2}\{\n {4}"op": "add",\n {4}"path": "\/spec\/containers\/0\/securityContext"/],
  ])('-o %s', async (output, expected) => {
    const { stdout, stderr, exitCode } = await runPreview(['-o', output], { stdin: podManifest('web') });
    expect(stdout).toMatch(expected);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: undefined });
  });

  it('text, if nothing else is asked for', async () => {
    const { stdout } = await runPreview([], { stdin: podManifest('web') });
    expect(stdout).toBe((await runPreview(['-o', 'text'], { stdin: podManifest('web') })).stdout);
  });

  it.each(['text', 'diff'])('%s with colours on a terminal that has them', async (output) => {
    const run = (hasColors: boolean | undefined, ...words: string[]) =>
      runPreview(['-o', output, ...words], {
        stdin: podManifest('web'),
        ...(hasColors !== undefined && { hasColors }),
      });
    const coloured = (await run(true)).stdout;
    expect(coloured).toContain('\u001B[32m+');
    for (const without of [await run(undefined), await run(false), await run(true, '--no-color')]) {
      expect(without.stdout).not.toContain('\u001B');
      expect(coloured.length).toBeGreaterThan(without.stdout.length);
    }
  });

  it.each(['yaml', 'json', 'patch'])('%s without colours, whatever the terminal', async (output) => {
    const { stdout } = await runPreview(['-o', output], { stdin: podManifest('web'), hasColors: true });
    expect(stdout).not.toContain('\u001B');
  });

  it('lines as wide as the terminal, but neither very short nor very long', async () => {
    const widest = async (columns: number) => {
      const { stdout } = await runPreview([], { stdin: podManifest('web'), columns });
      return Math.max(
        ...stdout
          .split('\n')
          .filter((line) => !line.includes('→'))
          .map((line) => line.length),
      );
    };
    expect(await widest(80)).toBeLessThanOrEqual(80);
    expect(await widest(80)).toBeGreaterThan(70);
    expect(await widest(10)).toBe(await widest(60));
    expect(await widest(300)).toBeLessThanOrEqual(100);
  });
});

describe('podtemper preview reckons with', () => {
  it('a policy, which counts where a namespace names none', async () => {
    const path = await folder.write(
      'policy.yaml',
      policyManifest('strict', 'runAsNonRoot: {runAsUser: 4242}'),
    );
    const { stdout } = await runPreview(['--policy', path], { stdin: podManifest('a') });
    expect(stdout).toContain('(policy strict, mode enforce)');
    expect(stdout).toContain('runAsUser: 4242');
  });

  it('several policies, of which a flag or the namespace chooses', async () => {
    const paths = [
      await folder.write('policies/one.yaml', policyManifest('one', 'runAsNonRoot: {runAsUser: 1111}')),
      await folder.write('policies/two.yaml', policyManifest('two', 'runAsNonRoot: {runAsUser: 2222}')),
    ];
    const flags = paths.flatMap((path) => ['--policy', path]);
    expect((await runPreview(flags, { stdin: podManifest('a') })).stdout).toContain('runAsUser: 1000');
    const chosen = await runPreview([...flags, '--policy-name', 'one'], { stdin: podManifest('a') });
    expect(chosen.stdout).toContain('runAsUser: 1111');
    const folderOfTwo = await runPreview(['--policy', folder.pathOf('policies')], {
      stdin: `apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {podtemper.io/policy: two}}\n---\n${podManifest('a', ', namespace: a')}`,
    });
    expect(folderOfTwo.stdout).toContain('runAsUser: 2222');
  });

  it('a policy that is not valid by saying where it is not', async () => {
    const path = await folder.write('bad-policy.yaml', policyManifest('bad', 'runAsNonRot: {}'));
    await expect(runPreview(['--policy', path], { stdin: podManifest('a') })).rejects.toThrow(
      /bad-policy\.yaml:4:\d+: spec\.controls\.runAsNonRot: expected a known key.*did you mean "runAsNonRoot"\?/,
    );
  });

  it('a mode', async () => {
    const { stdout } = await runPreview(['--mode', 'warn'], { stdin: podManifest('a') });
    expect(stdout).toContain('6 controls would change it (policy default, mode warn)');
  });

  it('a namespace file, which is about pods that name no namespace', async () => {
    const path = await folder.write(
      'namespace.yaml',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {podtemper.io/mode: enforce}}\n---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{type: Container, maxLimitRequestRatio: {memory: 2}}]}\n',
    );
    const { stdout } = await runPreview(['--namespace-file', path], { stdin: podManifest('a') });
    expect(stdout).toContain('limits: {cpu: 1, memory: 128Mi}');
    expect(stdout).not.toContain('is taken to have the label');
    const other = await runPreview(['--namespace-file', path], {
      stdin: podManifest('a', ', namespace: other'),
    });
    expect(other.stdout).toContain('limits: {cpu: 1, memory: 1Gi}');
  });

  it('a namespace file that names no namespace, which is about the one that is chosen', async () => {
    const path = await folder.write(
      'bounds.yaml',
      'apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{type: Container, maxLimitRequestRatio: {memory: 2}}]}\n',
    );
    for (const words of [[], ['-n', 'shop']]) {
      const { stdout } = await runPreview(['--namespace-file', path, ...words], { stdin: podManifest('a') });
      expect(stdout).toContain('limits: {cpu: 1, memory: 128Mi}');
    }
  });

  it('namespaces of other files among those it shows', async () => {
    const paths = [
      await folder.write('two/pod.yaml', podManifest('a', ', namespace: shop')),
      await folder.write(
        'two/shop.yaml',
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {podtemper.io/mode: audit}}\n',
      ),
    ];
    expect((await runPreview(paths)).stdout).toContain('(policy default, mode audit)');
  });
});
