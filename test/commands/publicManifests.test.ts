import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { diffArrays } from 'diff';
import { renderYaml } from '../../src/outputs/yaml.js';
import { readManifests } from '../../src/preview/manifests.js';
import { corpus, previewOf } from '../preview/corpus.js';
import { lostLines } from '../preview/lineChanges.js';
import { publicManifests } from '../preview/publicManifests.js';
import { runPreview } from './runPreview.js';
import { ScratchFolder } from './scratchFolder.js';

const folder = new ScratchFolder();
beforeAll(() => folder.open());
afterAll(() => folder.close());

const hasComment = /^\s*#|\s#\s/m;
/** Of what has an alias or a byte order mark, previewWrite.test.ts tells. */
const isSpecial = /[ [{]\*\w|AdmissionReview|^%|^\uFEFF/m;
const own = corpus.filter(
  ({ file, text }) => file.endsWith('.yaml') && hasComment.test(text) && !isSpecial.test(text),
);
const manifests = [...own, ...publicManifests];
const changed = manifests.filter(({ text }) => previewOf(text).items.some(({ patch }) => patch.length > 0));

const valuesIn = (text: string) =>
  readManifests({ text, file: 'written.yaml' }).documents.flatMap(({ objects }) =>
    objects.map(({ value }) => value),
  );

/** Lines of the text that the written one does not have any more. */
function replacedLines(text: string, written: string): string[] {
  const parts = diffArrays(text.split('\n'), written.split('\n'));
  return parts.flatMap(({ removed: isRemoved, value }) => (isRemoved ? value : []));
}

/** A value in brackets, or none, to which something comes in its own line. */
const growsInPlace = /[{}[\]]|:\s*(?:~|null)?\s*(?:#.*)?\r?$/;

describe('podtemper preview --write', () => {
  it(`is tried on ${manifests.length} manifests with comments, ${changed.length} of which it adds to`, () => {
    expect(new Set(manifests.map(({ text }) => text)).size).toBe(manifests.length);
    expect(manifests.filter(({ text }) => !hasComment.test(text))).toEqual([]);
    expect(changed.length).toBeGreaterThanOrEqual(140);
    expect(manifests.length).toBeGreaterThanOrEqual(150);
  });

  it.each(manifests.map(({ file, text }) => [file, text]))('keeps every line of %s', async (file, text) => {
    const path = await folder.write(file, text);
    expect(await runPreview([path, '--write'])).toMatchObject({ stderr: '', exitCode: undefined });
    const written = await readFile(path, 'utf8');
    for (const line of replacedLines(text, written)) expect(line).toMatch(growsInPlace);
    expect(lostLines(text, written)).toEqual([]);
    expect(valuesIn(written)).toEqual(valuesIn(renderYaml(previewOf(text))));
    expect((await runPreview([path, '--write'])).stdout).toBe(`${path}: nothing to add\n`);
    expect(await readFile(path, 'utf8')).toBe(written);
  });
});
