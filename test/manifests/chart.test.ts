import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { readProjectFile, readYaml } from './manifests.js';

interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
}

type Values = Record<string, unknown>;

const values = readYaml('manifests/chart/values.yaml') as Values;
const schema = JSON.parse(readProjectFile('manifests/chart/values.schema.json')) as Schema;
const accepts = new Ajv({ allowUnionTypes: true }).compile(schema);

/** Keys that only one of the two has, as dotted paths. What is empty by default is only shown in comments. */
function strangers(at: Schema, value: unknown, path = ''): string[] {
  if (at.properties === undefined || typeof value !== 'object' || value === null) return [];
  if (Object.keys(value).length === 0) return [];
  const keys = new Set([...Object.keys(at.properties), ...Object.keys(value)]);
  return [...keys].flatMap((key) => {
    const inner = at.properties?.[key];
    if (inner === undefined || !(key in value)) return [path + key];
    return strangers(inner, (value as Values)[key], `${path}${key}.`);
  });
}

/** Objects of the schema that take keys besides those that they name, as dotted paths. */
function looseObjects(at: Schema, path = ''): string[] {
  if (at.properties === undefined) return [];
  const deeper = Object.entries(at.properties).flatMap(([key, inner]) =>
    looseObjects(inner, `${path}${key}.`),
  );
  return at.additionalProperties === false ? deeper : [path, ...deeper];
}

/** The chart's values with one of them, by its dotted path, changed. */
function valuesWith(path: string, value: unknown): Values {
  const changed = structuredClone(values);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((object, key) => object[key] as Values, changed);
  parent[last] = value;
  return changed;
}

describe('values.yaml', () => {
  it('is valid', () => {
    expect(accepts(values)).toBe(true);
  });

  it('shows every key that the schema names, and no other', () => {
    expect(strangers(schema, values)).toEqual(['global']); // Helm's own
  });
});

describe('values.schema.json', () => {
  it('makes a misspelt key an error, at every level', () => {
    expect(looseObjects(schema)).toEqual([]);
  });

  it.each([
    ['failurePolice', 'Fail'],
    ['webhook.failurePolice', 'Fail'],
    ['webhook.failurePolicy', 'fail'],
    ['webhook.timeoutSeconds', 31],
    ['webhook.matchConditions', [{ name: 'only-a-name' }]],
    ['webhook.ephemeralContainers', 'enforce'],
    ['webhook.validation.failurePolicy', 'fail'],
    ['webhook.validation.enabled', 'yes'],
    ['webhook.validation.enable', true],
    ['webhook.validation.templates', 'warn'],
    ['events.enabled', 'no'],
    ['admission.address', ':8443'],
    ['operations.address', '0.0.0.0'],
    ['image.digest', 'latest'],
    ['replicas', 0],
    ['runAsUser', 0],
    ['runAsUser', 'nobody'],
    ['log.level', 'verbose'],
    ['policies', { strict: { kind: 'Policy' } }],
    ['policies', { 'a/b': 'text' }],
    ['podDisruptionBudget.maxUnavailable', 0],
    ['tls.certManager.issuerRef', { kind: 'ClusterIssuer' }],
    ['tls.selfManaged.authorityLife', '1y'],
    ['tls.selfManaged.certificateLife', 30],
  ])('refuses %s: %j', (path, value) => {
    expect(accepts(valuesWith(path, value))).toBe(false);
  });

  it.each([
    ['webhook.failurePolicy', 'Fail'],
    ['webhook.matchConditions', [{ name: 'not-mine', expression: 'true' }]],
    ['webhook.ephemeralContainers', true],
    ['webhook.validation.failurePolicy', 'Fail'],
    ['webhook.validation.enabled', false],
    ['admission.address', '[::]:8443'],
    ['operations.address', '127.0.0.1:8080'],
    ['image.digest', `sha256:${'0'.repeat(64)}`],
    ['runAsUser', null],
    ['policies', { strict: 'apiVersion: podtemper.io/v1alpha1' }],
    ['podDisruptionBudget.maxUnavailable', '50%'],
    ['tls.certManager.issuerRef', { name: 'ours', kind: 'ClusterIssuer' }],
    ['tls.selfManaged.certificateLife', '12h'],
  ])('takes %s: %j', (path, value) => {
    expect(accepts(valuesWith(path, value))).toBe(true);
  });
});

describe('Chart.yaml', () => {
  it('has the version of the program', () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    expect(readYaml('manifests/chart/Chart.yaml')).toMatchObject({ version, appVersion: version });
  });
});
