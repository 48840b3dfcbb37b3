import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { stringify } from 'yaml';
import { renderDiff } from '../../src/outputs/diff.js';
import { renderJson } from '../../src/outputs/json.js';
import { renderYaml } from '../../src/outputs/yaml.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { readManifests } from '../../src/preview/manifests.js';
import { scenarioArbitrary } from '../laws/scenarios.js';
import { previewOf } from './corpus.js';

/** `SEED` repeats a run, `RUNS` makes it longer. */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.RUNS ?? 100);

/** Wraps a pod or its template as the object of a kind. */
const wraps: readonly ((pod: object) => object)[] = [
  (pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod }),
  (template) => ({ apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'a' }, template }),
  (template) => ({ apiVersion: 'v1', kind: 'ReplicationController', spec: { template } }),
  (template) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: {}, spec: { template } }),
  (template) => ({ apiVersion: 'apps/v1', kind: 'StatefulSet', spec: { serviceName: 'a', template } }),
  (template) => ({ apiVersion: 'batch/v1', kind: 'CronJob', spec: { jobTemplate: { spec: { template } } } }),
  (pod) => ({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Pod', ...pod }] }),
];

/** Ways to lay YAML out. */
const layout = fc.record({
  indent: fc.integer({ min: 1, max: 5 }),
  indentSeq: fc.boolean(),
  collectionStyle: fc.constantFrom('any', 'flow'),
  flowCollectionPadding: fc.boolean(),
  defaultKeyType: fc.constantFrom('PLAIN', 'QUOTE_SINGLE'),
} as const);

/** Without folding, in which the yaml package loses characters. */
const faithfully = { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' } as const;

const manifest = fc
  .record({ scenario: scenarioArbitrary, wrap: fc.constantFrom(...wraps), layout })
  .map(({ scenario, wrap, layout: options }) => {
    // By way of JSON: an object that occurs twice would be written with an anchor.
    const object: unknown = JSON.parse(JSON.stringify(wrap(scenario.pod)));
    const yaml = stringify(object, { ...options, ...faithfully });
    const json = JSON.stringify(object, undefined, options.indent);
    return { yaml, json, facts: scenario.facts, policies: compilePolicies([scenario.policy]) };
  });

interface JsonItem {
  readonly patch: jsonPatch.Operation[];
  readonly hardened: object;
}
const itemsOf = (text: string) => (JSON.parse(text) as { items: JsonItem[] }).items;
const objectsIn = (text: string, file: string) =>
  readManifests({ text, file }).documents.flatMap(({ objects }) => objects.map(({ value }) => value));

describe(`of generated manifests (SEED=${seed})`, () => {
  it('the patch of -o json leads to its hardened object', () => {
    const property = fc.property(manifest, ({ json, facts, policies }) => {
      const shown = previewOf(json, { facts: () => facts, policies }, 'a.json');
      expect(shown.faults).toEqual([]);
      const items = itemsOf(renderJson(shown));
      const patched = objectsIn(json, 'a.json').map(
        (object, index) => jsonPatch.applyPatch(object, items[index]?.patch ?? [], true).newDocument,
      );
      expect(patched).toEqual(items.map(({ hardened }) => hardened));
    });
    fc.assert(property, { seed, numRuns });
  });

  it('-o yaml holds the hardened object of -o json, in whatever layout the manifest is', () => {
    const property = fc.property(manifest, ({ yaml, json, facts, policies }) => {
      const options = { facts: () => facts, policies };
      const printed = renderYaml(previewOf(yaml, options));
      const expected = itemsOf(renderJson(previewOf(json, options, 'a.json')));
      expect(objectsIn(printed, 'a.yaml')).toEqual(expected.map(({ hardened }) => hardened));
      expect(renderDiff(previewOf(printed, options))).toBe('');
    });
    fc.assert(property, { seed, numRuns });
  });
});
