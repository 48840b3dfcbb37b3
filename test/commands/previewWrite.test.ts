import { chmod, readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderYaml } from '../../src/outputs/yaml.js';
import { readManifests } from '../../src/preview/manifests.js';
import { corpus, previewOf } from '../preview/corpus.js';
import { lostLines } from '../preview/lineChanges.js';
import { runPreview } from './runPreview.js';
import { tokenSource } from '../laws/serverToken.js';
import { podManifest, policyManifest, ScratchFolder } from './scratchFolder.js';

const folder = new ScratchFolder();
beforeAll(() => folder.open());
afterAll(() => folder.close());

const valuesIn = (text: string) =>
  readManifests({ text, file: 'written.yaml' }).documents.flatMap(({ objects }) =>
    objects.map(({ value }) => value),
  );

/** Ways in which the same manifest may lie in a repository. */
const layouts: readonly (readonly [string, (text: string, next: string) => string])[] = [
  ['as it is', (text) => text],
  ['with a heading', (text) => `# Copyright: the authors\n#\n\n${text}`],
  ['with the line ends of Windows', (text) => text.replaceAll(/\r?\n/g, '\r\n')],
  ['with an end mark and a remark', (text) => `${text.trimEnd()}\n...\n# the end\n`],
  ['before another one', (text, next) => `${text.trimEnd()}\n---\n# the next\n${next}`],
];

/** Whose lines can all stay: an alias has no place of its own, and of a review only the object is printed. */
const plain = corpus.filter(
  ({ text, file }) => file.endsWith('.yaml') && !/[ [{]\*\w|AdmissionReview|^%|^\uFEFF/m.test(text),
);
const cases = layouts.flatMap(([layout, lay]) =>
  plain.map(({ file, text }, index): [string, string] => {
    const next = plain[(index + 1) % plain.length]?.text ?? '';
    return [`${file}, ${layout}`, lay(text, next)];
  }),
);

describe('podtemper preview --write', () => {
  it('is tried on many manifests', () => expect(cases.length).toBeGreaterThanOrEqual(150));

  it.each(cases)('keeps every line of %s', async (name, text) => {
    const path = await folder.write(`${name.replaceAll(/\W+/g, '-')}.yaml`, text);
    const first = await runPreview([path, '--write']);
    expect(first).toMatchObject({ stderr: '', exitCode: undefined });
    const written = await readFile(path, 'utf8');
    expect(lostLines(text, written)).toEqual([]);
    expect(valuesIn(written)).toEqual(valuesIn(renderYaml(previewOf(text))));
    const again = await runPreview([path, '-w']);
    expect(again.stdout).toBe(`${path}: nothing to add\n`);
    expect(await readFile(path, 'utf8')).toBe(written);
  });

  it('says of each file what was done', async () => {
    const paths = [
      await folder.write('some/one.yaml', podManifest('one')),
      await folder.write('some/two.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: two}\n'),
    ];
    const { stdout, exitCode } = await runPreview([folder.pathOf('some'), '--write']);
    expect(stdout).toBe(`${paths[0]}: 5 additions written\n${paths[1]}: nothing to add\n`);
    expect(exitCode).toBeUndefined();
  });

  it('writes a file once that is named twice, or is in a folder that is named too', async () => {
    const text = `${podManifest('one')}---\n${podManifest('other')}`;
    const once = await folder.write('once.yaml', text);
    await runPreview([once, '--write']);
    const twice = await folder.write('twice/pods.yaml', text);
    const { stdout } = await runPreview([twice, folder.pathOf('twice'), relative('', twice), '--write']);
    expect(stdout).toBe(`${twice}: 10 additions written\n`);
    expect(await readFile(twice, 'utf8')).toBe(await readFile(once, 'utf8'));
  });

  it('writes JSON anew with its own indentation', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
      spec: { containers: [{ name: 'b' }] },
    };
    const path = await folder.write('pod.json', `${JSON.stringify(pod, undefined, 4)}\n`);
    await runPreview([path, '--write']);
    const written = await readFile(path, 'utf8');
    expect(written).toContain('\n            {\n                "name": "b",\n');
    expect(JSON.parse(written)).toMatchObject({ spec: { containers: [{ name: 'b', resources: {} }] } });
  });

  it('leaves a file alone that could not be read in full, and writes the others', async () => {
    const text = `${podManifest('a')}---\nkind: Pod\n`;
    const broken = await folder.write('mixed/broken.yaml', text);
    const sound = await folder.write('mixed/sound.yaml', podManifest('b'));
    const { stdout, stderr, exitCode } = await runPreview([broken, sound, '--write']);
    expect({ stdout, exitCode }).toEqual({ stdout: `${sound}: 5 additions written\n`, exitCode: 2 });
    expect(stderr).toContain(`${broken}:6:1`);
    expect(await readFile(broken, 'utf8')).toBe(text);
  });

  it('leaves a file alone where an alias is in the way, and says where', async () => {
    const text = podManifest('a').replace(
      'image: busybox}]',
      'resources: &none {}}, {name: b, resources: *none}]',
    );
    const path = await folder.write('alias.yaml', text);
    const { stdout, stderr, exitCode } = await runPreview([path, '--write']);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain(`${path}:1:1: --write: expected a place of its own for each addition`);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('says nothing of aliases where another form is in the way', async () => {
    const text = podManifest('a').replace('image: busybox', 'image: busybox, resources: {limits}');
    const path = await folder.write('odd.yaml', text);
    const { stderr, exitCode } = await runPreview([path, '--write']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'found a form of YAML into which it cannot be put; write each key as "key: value"',
    );
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('leaves a file alone from which something would go, and says what', async () => {
    const name = 'kube-api-access-x7k2p';
    const rest = `, volumes: [${JSON.stringify({ name, ...tokenSource })}]`;
    const text = podManifest('a').replace('}]}', `}]${rest}}`);
    const path = await folder.write('fetched.yaml', text);
    const policy = await folder.write(
      'policy.yaml',
      policyManifest('default', 'serviceAccountToken: {mode: enforce}'),
    );
    const { stdout, stderr, exitCode } = await runPreview([path, '--write', '--policy', policy]);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toContain('found the token volume of a running pod, which would go; take it out');
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('says why a file could not be written', async () => {
    const path = await folder.write('locked/pod.yaml', podManifest('a'));
    await chmod(path, 0o444);
    const { stdout, stderr, exitCode } = await runPreview([path, '--write']);
    // Root may write what nobody else may.
    if (process.getuid?.() === 0) expect(stdout).toContain('written');
    else expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(path) });
  });

  it('has nowhere to write what comes from standard input', async () => {
    await expect(runPreview(['-', '--write'], { stdin: podManifest('a') })).rejects.toThrow(
      '--write: expected manifest files, found standard input; name the files, or print what would be written with -o yaml',
    );
  });
});
