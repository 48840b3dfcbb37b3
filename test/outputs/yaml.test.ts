import { describe, expect, it } from '@jest/globals';
import { renderYaml } from '../../src/outputs/yaml.js';
import { previewFiles } from '../../src/preview/preview.js';
import { readDocuments } from '../../src/preview/yaml.js';
import { defaultOptions, previewOf, textOf } from '../preview/corpus.js';

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: web} # the only one\n';
const kindsIn = (text: string) =>
  readDocuments(text, 'a.yaml').documents.flatMap(({ value }) =>
    value == null ? [] : [(value as { kind: string }).kind],
  );

describe('-o yaml', () => {
  it.each(['unknown-kind.yaml', 'hardened.yaml', 'opted-out.yaml', 'windows.yaml'])(
    'gives %s back to the letter, of which nothing is to be changed',
    (file) => {
      expect(renderYaml(previewOf(textOf(file)))).toBe(textOf(file));
    },
  );

  it('gives back to the letter what cannot be read', () => {
    const broken = `a: [\n# comment\n---\n${service}`;
    expect(renderYaml(previewOf(broken))).toBe(broken);
  });

  it('puts --- between files, and a newline where one lacks it', () => {
    const files = [service.trimEnd(), service, `# c\n---\n${service}`].map((text, index) => ({
      file: `${index}.yaml`,
      text,
    }));
    expect(renderYaml(previewFiles(files, defaultOptions))).toBe(
      `${service}---\n${service}# c\n---\n${service}`,
    );
  });

  it('makes YAML of JSON, object by object', () => {
    const text = renderYaml(previewOf(textOf('stream.json'), {}, 'a.json'));
    expect(text).toMatch(/^apiVersion: v1\nkind: Pod\n/);
    expect(kindsIn(text)).toEqual(['Pod', 'Service']);
  });

  it.each(['review.json', 'review.yaml'])('gives the object of %s', (file) => {
    expect(kindsIn(renderYaml(previewOf(textOf(file), {}, file)))).toEqual(['Pod']);
  });

  it('keeps lists as lists', () => {
    expect(kindsIn(renderYaml(previewOf(textOf('list.yaml'))))).toEqual(['List']);
    expect(kindsIn(renderYaml(previewOf(textOf('podlist.json'), {}, 'a.json')))).toEqual(['PodList']);
  });
});
