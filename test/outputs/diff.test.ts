import { describe, expect, it } from '@jest/globals';
import { applyPatch, parsePatch } from 'diff';
import { renderDiff } from '../../src/outputs/diff.js';
import type { Style } from '../../src/outputs/style.js';
import { renderYaml } from '../../src/outputs/yaml.js';
import { previewFiles } from '../../src/preview/preview.js';
import { corpus, defaultOptions, type Manifest, previewOf, textOf } from '../preview/corpus.js';
import { gitApply } from './gitApply.js';

const text = textOf('deployment.yaml');

/** What becomes of a file, as `--write` has it. */
const hardenedText = (file: string, whole: string) =>
  previewOf(whole, {}, file)
    .documents.map((document) => document.rewrite().after)
    .join('');

const applied = (files: readonly Manifest[]) =>
  gitApply(files, renderDiff(previewFiles(files, defaultOptions)));

describe('-o diff', () => {
  it('is a unified diff of the file, as git makes it', () => {
    const lines = renderDiff(previewOf(text, {}, 'manifests/web.yaml')).split('\n');
    expect(lines.slice(0, 2)).toEqual(['--- a/manifests/web.yaml', '+++ b/manifests/web.yaml']);
    expect(lines[2]).toMatch(/^@@ -\d+,\d+ \+\d+,\d+ @@$/);
  });

  it.each(['/manifests/web.yaml', './manifests/web.yaml'])('names %s as git apply needs it', (file) => {
    expect(renderDiff(previewOf(text, {}, file))).toMatch(/^--- a\/manifests\/web\.yaml\n/);
  });

  it('only adds, where nothing is in brackets', () => {
    const removed = renderDiff(previewOf(textOf('comments-everywhere.yaml'))).match(/^-(?!--).*/gm);
    expect(removed).toBeNull();
  });

  it('counts lines on through several documents', () => {
    const whole = textOf('multi.yaml');
    const diff = renderDiff(previewOf(whole));
    expect(parsePatch(diff)).toHaveLength(1);
    expect(applyPatch(whole, diff)).toBe(renderYaml(previewOf(whole)));
  });

  it('has a part for each file that changes', () => {
    const files = [
      { file: 'a.yaml', text },
      { file: 'b.yaml', text: 'apiVersion: v1\nkind: Service\n' },
      { file: 'c.json', text: textOf('podlist.json') },
    ];
    const parts = parsePatch(renderDiff(previewFiles(files, defaultOptions)));
    expect(parts.map(({ oldFileName, newFileName }) => [oldFileName, newFileName])).toEqual([
      ['a/a.yaml', 'b/a.yaml'],
      ['a/c.json', 'b/c.json'],
    ]);
  });

  it('is empty where nothing changes', () => {
    expect(renderDiff(previewOf(textOf('hardened.yaml')))).toBe('');
  });

  it('says that there is no newline at the end of a file', () => {
    const whole = textOf('no-final-newline.yaml');
    const diff = renderDiff(previewOf(whole));
    expect(diff).toContain('\\ No newline at end of file');
    expect(applyPatch(whole, diff)).toBe(renderYaml(previewOf(whole)));
  });

  it('of JSON shows the lines that are added, where the file is laid out in lines', () => {
    const json = textOf('podlist.json');
    const diff = renderDiff(previewOf(json, {}, 'a.json'));
    expect(diff).toContain('+                            "runAsNonRoot": true,');
    expect(() => JSON.parse(String(applyPatch(json, diff)))).not.toThrow();
  });

  it('of compact JSON is one of the file, and not of the file in another layout', async () => {
    const json = JSON.stringify(JSON.parse(textOf('podlist.json')));
    expect(await applied([{ file: 'a.json', text: json }])).toEqual([hardenedText('a.json', json)]);
  });

  it.each([
    ['with the line ends of Windows', (json: string) => json.replaceAll('\n', '\r\n')],
    ['without a line break at its end', (json: string) => json.trimEnd()],
    ['before a copy of it', (json: string) => json + json],
    ['before a copy of it in the same line', (json: string) => json.trimEnd() + json],
    ['before what is hardened', (json: string) => `${json}{"kind":"Service","apiVersion":"v1"}`],
  ])('of JSON %s is taken by git apply', async (_layout, lay) => {
    const json = lay(textOf('podlist.json'));
    expect(await applied([{ file: 'a.json', text: json }])).toEqual([hardenedText('a.json', json)]);
  });

  it('ends names with a tab that hold blanks, as GNU patch needs it', async () => {
    const file = 'my manifests/the web.yaml';
    const lines = renderDiff(previewOf(text, {}, file)).split('\n');
    expect(lines.slice(0, 2)).toEqual([`--- a/${file}\t`, `+++ b/${file}\t`]);
    expect(await applied([{ file, text }])).toEqual([hardenedText(file, text)]);
  });

  it('of all files at once is taken by git apply', async () => {
    const files = corpus.filter(({ text: whole, file }) => hardenedText(file, whole) !== whole);
    expect(files.length).toBeGreaterThan(30);
    expect(await applied(files)).toEqual(files.map(({ text: whole, file }) => hardenedText(file, whole)));
  });

  it('of many documents to a file is taken by git apply', async () => {
    const parts = corpus.filter(({ file, text: part }) => file.endsWith('.yaml') && !/^[%\uFEFF]/.test(part));
    const files = parts.map(({ file, text: part }, index) => {
      const next = [1, 2, 3].map((step) => parts[(index + step) % parts.length]?.text ?? '');
      return { file, text: [part, ...next].map((one) => one.trimEnd()).join('\n---\n') };
    });
    expect(await applied(files)).toEqual(files.map(({ text: whole, file }) => hardenedText(file, whole)));
  });

  it('has colours where they are asked for', () => {
    const style: Style = (format, line) => `<${format}>${line}`;
    const lines = renderDiff(previewOf(text), { style }).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '<bold>--- a/a.yaml',
      '<bold>+++ b/a.yaml',
      expect.stringMatching(/^<cyan>@@/),
    ]);
    expect(lines.filter((line) => line.startsWith('<green>+')).length).toBeGreaterThan(20);
  });
});
