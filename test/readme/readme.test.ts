import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { annotationKeys } from '../../src/kubernetes.js';
import { parsePolicies } from '../../src/policy/load.js';
import { blocksOf, runAsWritten, withOutputs } from './consoleBlocks.js';

const markdown = await readFile('README.md', 'utf8');
const blocks = blocksOf(markdown);
const textsIn = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);

/** Lines of the shell blocks, without their comments. */
const shellLines = textsIn('sh')
  .join('')
  .split('\n')
  .map((line) => line.replace(/\s+#.*/, ''))
  .filter((line) => line !== '');

describe('README.md', () => {
  it('shows what its commands print', async () => {
    const today = await withOutputs(markdown, runAsWritten);
    // To bring it up to date: README_UPDATE=1 npm test -- test/readme
    if (process.env.README_UPDATE === '1') await writeFile('README.md', today);
    else expect(markdown).toBe(today);
  }, 60_000);

  it('names targets that the Makefile has', async () => {
    const makefile = await readFile('Makefile', 'utf8');
    const named = Array.from(markdown.matchAll(/\bmake ([a-z0-9-]+)\b(?! as)/g), ([, target]) => target);
    expect(named).toEqual(expect.arrayContaining(['run', 'test', 'e2e', 'bench', 'image', 'help']));
    const known = new Set(Array.from(makefile.matchAll(/^([a-z0-9-]+):/gm), ([, target]) => target));
    expect(named.filter((target) => !known.has(target))).toEqual([]);
  });

  it('links to files that are there', () => {
    const links = Array.from(markdown.matchAll(/\]\((?!https?:)([^)#]+)\)/g), ([, path = '']) => path);
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('names files in its commands that are there', () => {
    const files = shellLines.flatMap((line) => line.match(/(?:manifests|test)\/[\w./-]+/g) ?? []);
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('shows policies that load and annotations that mean something', () => {
    const [annotations = '', ...policies] = textsIn('yaml');
    expect(policies.length).toBeGreaterThan(1);
    for (const policy of policies) expect(parsePolicies(policy, 'README.md')).toHaveLength(1);
    const known: string[] = Object.values(annotationKeys);
    const shown = Object.keys(parse(annotations) as object);
    expect(shown).toHaveLength(3);
    expect(shown.filter((key) => !known.includes(key))).toEqual([]);
  });
});
