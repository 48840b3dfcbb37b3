import { describe, expect, it } from '@jest/globals';
import { renderDiff } from '../../src/outputs/diff.js';
import { renderYaml } from '../../src/outputs/yaml.js';
import { previewOf } from './corpus.js';

const messagesOf = (text: string) => previewOf(text).faults.map(({ message }) => message);

describe('deep nesting is refused before it overflows the stack', () => {
  it.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', '{a: '.repeat(100_000)],
    ['dashes', '- '.repeat(100_000)],
    ['question marks', '? '.repeat(100_000)],
    ['JSON lists', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['JSON objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['open JSON', '{"a":'.repeat(100_000)],
    ['indentation', Array.from({ length: 250 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
  ])('in %s', (_title, text) => {
    expect(messagesOf(text)).toEqual([
      expect.stringMatching(/^a\.yaml:\d+:\d+: nesting: expected 200 levels at most, found more$/),
    ]);
  });

  it('and manifests are nowhere near', () => {
    const nested = `${'{a: '.repeat(90)}1${'}'.repeat(90)}`;
    expect(messagesOf(`apiVersion: v1\nkind: Thing\nspec: ${nested}\n`)).toEqual([]);
  });
});

describe('aliases that stand for very much are refused', () => {
  const bomb = (levels: number) =>
    ['a: &a [x, x, x, x, x, x, x, x, x, x]']
      .concat(
        Array.from({ length: levels }, (_, level) => {
          const [name, below] = [level + 1, level].map((index) => String.fromCodePoint(97 + index));
          return `${name}: &${name} [${Array.from({ length: 10 }, () => `*${below}`).join(', ')}]`;
        }),
      )
      .join('\n');

  it('as lists of lists', () => {
    expect(messagesOf(bomb(9))).toEqual([
      expect.stringContaining('expected aliases that stand for 100000 values at most, found more'),
    ]);
  });

  it('as merge keys', () => {
    const keys = Array.from({ length: 400 }, (_, index) => `k${index}: 1`).join(', ');
    const merges = Array.from({ length: 400 }, (_, index) => `m${index}: {<<: *a}`).join('\n');
    expect(messagesOf(`a: &a {${keys}}\n${merges}\n`)).toEqual([expect.stringContaining('values at most')]);
  });

  it('and a few are fine', () => {
    const text = `apiVersion: v1\nkind: Thing\n${bomb(2)}\n`;
    expect(messagesOf(text)).toEqual([]);
    expect(renderYaml(previewOf(text))).toBe(text);
  });
});

describe('many containers', () => {
  const pod = (containers: number) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n${Array.from({ length: containers }, (_, index) => `  - name: c${index}\n`).join('')}`;

  it('are too many for one preview where there is a limit, wherever they are', () => {
    const text = `${pod(3)}---\napiVersion: v1\nkind: Service\n---\n${pod(3)}`;
    const { items, faults } = previewOf(text, { maxContainers: 5 });
    expect(items).toEqual([]);
    expect(faults.map(({ message }) => message)).toEqual([
      'a.yaml:13:1: manifest: expected 5 containers at most in one preview, found more; send fewer objects at a time, or use podtemper preview',
    ]);
    expect(previewOf(text, { maxContainers: 6 }).items).toHaveLength(3);
  });

  it('are hardened one by one all the same', () => {
    const shown = previewOf(pod(100));
    expect(shown.items[0]?.report?.findings.length).toBeGreaterThan(100 * 6);
    expect(renderYaml(shown).match(/runAsNonRoot: true/g)).toHaveLength(100);
    expect(renderDiff(shown).match(/^\+.*runAsNonRoot: true/gm)).toHaveLength(100);
  });
});

describe('long texts', () => {
  it('in one line are read', () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {a: "${'x'.repeat(300_000)}"}}\nspec: {containers: [{name: a}]}\n`;
    expect(previewOf(text).items[0]?.patch.length).toBeGreaterThan(3);
  });

  it('of warnings are cut short', () => {
    const text = `apiVersion: v1\nkind: Thing\n${'a: 1\n'.repeat(5000)}`;
    expect(previewOf(text).warnings).toHaveLength(20);
  });
});
