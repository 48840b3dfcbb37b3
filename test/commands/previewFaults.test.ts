import { chmod, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { runPreview } from './runPreview.js';
import { podManifest, policyManifest, ScratchFolder } from './scratchFolder.js';

const folder = new ScratchFolder();
beforeAll(() => folder.open());
afterAll(() => folder.close());

const namesIn = (yaml: string) =>
  parseAllDocuments(yaml).map((document) => document.getIn(['metadata', 'name']));

describe('podtemper preview ends with 2, and says why, where', () => {
  it('a file is not there; the others are shown', async () => {
    const path = await folder.write('there.yaml', podManifest('there'));
    const { stdout, stderr, exitCode } = await runPreview(['nowhere.yaml', path, '-o', 'yaml']);
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'podtemper: nowhere.yaml: expected a manifest file or a folder of them, found no such file\n',
    );
    expect(namesIn(stdout)).toEqual(['there']);
  });

  it('a file of a folder cannot be read; the others are shown', async () => {
    await folder.write('entries/pod.yaml', podManifest('sound'));
    await folder.link('entries/dangling.yaml', folder.pathOf('entries/nowhere.yaml'));
    await folder.link('entries/inner.yaml', folder.pathOf('entries'));
    await folder.write('entries/latin.yaml', Buffer.from('# \xfc\n', 'latin1'));
    const { stdout, stderr, exitCode } = await runPreview([folder.pathOf('entries'), '-o', 'yaml']);
    expect(namesIn(stdout)).toEqual(['sound']);
    expect(exitCode).toBe(2);
    expect(stderr.split('\n')).toEqual([
      `podtemper: ${folder.pathOf('entries/dangling.yaml')}: expected a manifest file or a folder of them, found a link to a file that is not there`,
      `podtemper: ${folder.pathOf('entries/inner.yaml')}: expected a manifest file or a folder of them, found a link to a folder, which is not followed`,
      expect.stringContaining(`${folder.pathOf('entries/latin.yaml')}: expected text in UTF-8`),
      '',
    ]);
  });

  it('a folder in a folder cannot be read; the others are shown', async () => {
    await folder.write('folders/pod.yaml', podManifest('sound'));
    await folder.write('folders/locked/pod.yaml', podManifest('locked'));
    await chmod(folder.pathOf('folders/locked'), 0o000);
    const { stdout, stderr } = await runPreview([folder.pathOf('folders'), '-o', 'yaml']);
    await chmod(folder.pathOf('folders/locked'), 0o755);
    expect(namesIn(stdout)).toContain('sound');
    // Root may read what nobody else may.
    if (process.getuid?.() !== 0) expect(stderr).toContain(`${folder.pathOf('folders/locked')}: expected`);
  });

  it('a folder holds no manifests', async () => {
    const path = await folder.makeFolder('empty');
    const { stderr, exitCode } = await runPreview([path]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/found no \*\.yaml, \*\.yml or \*\.json in it\n$/);
  });

  it('the input is no YAML: with file, line, column and an excerpt', async () => {
    const path = await folder.write(
      'broken.yaml',
      `${podManifest('a')}---\napiVersion: v1\nkind: Pod\nspec:\n  - a\n b\n`,
    );
    const { stdout, stderr, exitCode } = await runPreview([path, '-o', 'yaml']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^podtemper: .*broken\.yaml:10:2: manifest: expected YAML, found a key that does not line up with those above; compare [^\n]*\n {2}10 \| {2}b\n {5}\| {2}\^\n$/,
    );
    expect(stdout).toContain('runAsNonRoot: true');
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from(`# Gr\xfc\xdfe\n${podManifest('a')}`, 'latin1')],
    ['UTF-16', Buffer.from(`\uFEFF${podManifest('a')}`, 'utf16le')],
    ['UTF-16', Buffer.from(`\uFEFF${podManifest('a')}`, 'utf16le').swap16()],
  ])('the input is %s', async (found, bytes) => {
    const path = await folder.write('other-bytes.yaml', bytes);
    for (const [name, words] of [
      ['stdin', ['-', '-o', 'yaml']],
      [path, [path, '-o', 'yaml']],
      [path, [path, '--write']],
    ] as const) {
      const { stdout, stderr, exitCode } = await runPreview(words, { stdin: [bytes] });
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
      expect(stderr).toBe(`podtemper: ${name}: expected text in UTF-8, found ${found}; save it as UTF-8\n`);
    }
    expect(await readFile(path)).toEqual(bytes);
  });

  it('a field is of the wrong type', async () => {
    const stdin = podManifest('a').replace('image: busybox', 'securityContext: {runAsUser: "0"}');
    const { stdout, stderr, exitCode } = await runPreview([], { stdin });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      'podtemper: stdin:4:62: spec.containers[0].securityContext.runAsUser: expected a number, found "0"; write it without quotes: 0',
      '  4 | spec: {containers: [{name: app, securityContext: {runAsUser: "0"}}]}',
      `    | ${' '.repeat(61)}^`,
      '',
    ]);
  });

  it.each(['', '\n', '# none\n'])('there is nothing to read in %j', async (stdin) => {
    const { stderr, exitCode } = await runPreview([], { stdin });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^podtemper: stdin:1:1: manifest: expected an API object, found no/);
  });

  it.each([
    [['--outptu', 'json'], "unknown option '--outptu'\n(Did you mean --output?)"],
    [['-o', 'jsno'], 'Allowed choices are text, diff, yaml, json, patch, sarif, junit, github.'],
    [['--mode', 'enfroce'], 'Allowed choices are enforce, warn, audit.'],
    [['--policy-name', 'defualt'], 'found "defualt"; did you mean "default"?'],
    [['--policy'], "option '--policy <path>' argument missing"],
    [['--policy', 'nowhere.yaml'], 'nowhere.yaml: expected a policy file or a folder of them'],
  ])('it is asked for %j', async (words, message) => {
    await expect(runPreview(words, { stdin: podManifest('a') })).rejects.toThrow(message);
  });

  it('two policy files hold policies of one name', async () => {
    const [a, b] = [
      await folder.write('a.yaml', policyManifest('same', '')),
      await folder.write('b.yaml', policyManifest('same', '')),
    ];
    await expect(runPreview(['--policy', a, '--policy', b], { stdin: podManifest('a') })).rejects.toThrow(
      `${b}:3:18: metadata.name: expected a name of its own, found "same" again, after ${a}:3:18; rename one`,
    );
  });

  it('a namespace file cannot be read; the rest is shown all the same', async () => {
    const { stdout, stderr, exitCode } = await runPreview(['--namespace-file', 'nowhere.yaml'], {
      stdin: podManifest('a'),
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^podtemper: nowhere\.yaml: .*no such file\n$/);
    expect(stdout).toContain('Pod a: 1 container');
  });
});

describe('podtemper preview warns, and ends well, where', () => {
  it('a key is there twice', async () => {
    const { stderr, exitCode } = await runPreview([], { stdin: `${podManifest('a')}kind: Pod\n` });
    expect(exitCode).toBeUndefined();
    expect(stderr.split('\n')).toEqual([
      'podtemper: warning: stdin:5:1: manifest: expected each key once, found "kind" again; Kubernetes takes the last one; remove one of the two',
      '  5 | kind: Pod',
      '    | ^',
      '',
    ]);
  });
});
