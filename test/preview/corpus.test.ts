import { describe, expect, it } from '@jest/globals';
import { applyPatch } from 'diff';
import jsonPatch from 'fast-json-patch';
import { renderDiff } from '../../src/outputs/diff.js';
import { renderJson } from '../../src/outputs/json.js';
import { renderYaml } from '../../src/outputs/yaml.js';
import { readManifests } from '../../src/preview/manifests.js';
import { corpus, previewOf } from './corpus.js';
import { lostLines } from './lineChanges.js';

const isJson = ({ file }: { readonly file: string }) => file.endsWith('.json');
/** Of these the object alone is printed. */
const isReview = ({ text }: { readonly text: string }) => text.includes('AdmissionReview');
/** What an alias stands for is written out where it is changed. */
const hasAliases = ({ text }: { readonly text: string }) => /[ [{]\*\w/.test(text);

interface JsonItem {
  readonly kind: string;
  readonly hardened: unknown;
}

const itemsOf = (json: string) => (JSON.parse(json) as { items: JsonItem[] }).items;
const valuesIn = (text: string) =>
  readManifests({ text, file: 'printed.yaml' }).documents.flatMap(({ objects }) =>
    objects.map(({ value }) => value),
  );

describe.each(corpus.map((manifest) => [manifest.file, manifest] as const))('of %s', (_file, manifest) => {
  const { text, file } = manifest;
  const shown = previewOf(text, {}, file);
  const yaml = renderYaml(shown);

  it('everything can be read', () => {
    expect(shown.faults).toEqual([]);
    expect(shown.warnings).toEqual([]);
    expect(shown.items.length).toBeGreaterThan(0);
  });

  it('-o yaml holds the objects that -o json calls hardened', () => {
    expect(valuesIn(yaml)).toEqual(itemsOf(renderJson(shown)).map(({ hardened }) => hardened));
  });

  it('the patches lead from the objects to the hardened ones', () => {
    for (const { object, patch, hardened } of shown.items) {
      const copy = structuredClone({ object, patch });
      expect(jsonPatch.applyPatch(copy.object, copy.patch, true).newDocument).toEqual(hardened);
    }
  });

  // The object of a review of something else than a creation is one to be hardened once it stands alone.
  if (shown.items.some(({ report }) => report !== undefined) || !isReview(manifest)) {
    it('hardening what is hardened changes nothing more', () => {
      const again = previewOf(yaml, {}, 'again.yaml');
      expect(again.items.map(({ patch }) => patch)).toEqual(again.items.map(() => []));
      expect(renderYaml(again)).toBe(yaml);
      expect(renderDiff(again)).toBe('');
    });
  }

  if (!isJson(manifest) && !isReview(manifest)) {
    it('-o diff leads from the file to -o yaml', () => {
      const diff = renderDiff(shown);
      expect(diff === '' ? text : applyPatch(text, diff)).toBe(yaml);
    });

    if (!hasAliases(manifest)) {
      it('-o yaml keeps every line to the letter, or adds to it', () => {
        expect(lostLines(text, yaml)).toEqual([]);
      });
    }
  }
});

describe('the manifests of the tests', () => {
  it('are of every kind that holds pods', () => {
    const kinds = new Set(
      corpus.flatMap(({ text, file }) =>
        previewOf(text, {}, file).items.flatMap(({ report, kind }) => (report === undefined ? [] : [kind])),
      ),
    );
    expect([...kinds].toSorted()).toEqual([
      'CronJob',
      'DaemonSet',
      'Deployment',
      'Job',
      'Pod',
      'PodTemplate',
      'ReplicaSet',
      'ReplicationController',
      'StatefulSet',
    ]);
  });

  it('are many, and most of them are changed', () => {
    const changed = corpus.filter(({ text, file }) =>
      previewOf(text, {}, file).items.some(({ patch }) => patch.length > 0),
    );
    expect(changed.length).toBeGreaterThan(30);
  });
});
