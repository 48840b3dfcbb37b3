/** Each advisor speaks up where hardening is likely to break something, and of nothing that only looks like it. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { advisors } from '../../src/advice/index.js';
import { unknownNamespace } from '../../src/kubernetes.js';
import { policiesOf } from '../admission/plans.js';
import { previewOf } from '../preview/corpus.js';

const folder = new URL('fixtures/', import.meta.url);
const texts = z.record(z.string(), z.string());
const object = z.record(z.string(), z.unknown());

const fixtureSchema = z.strictObject({
  title: z.string(),
  spec: object,
  annotations: texts.default({}),
  /** Annotations of the namespace. */
  namespace: texts.default({}),
  policy: object.default({}),
  /** What is said, each with its line where that matters. The target may be left out where it is the only container. */
  advice: z.array(
    z.strictObject({ target: z.string().optional(), field: z.string(), write: z.string().optional() }),
  ),
});
type Fixture = z.output<typeof fixtureSchema>;

const fixtures = new Map(
  readdirSync(folder).map((file) => {
    const documents = parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'));
    const cases = documents.map((document) => fixtureSchema.parse(document.toJS()));
    return [basename(file, '.yaml'), cases] as const;
  }),
);

function adviceOn({ spec, annotations, namespace, policy }: Fixture) {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app', annotations }, spec };
  const facts = { ...unknownNamespace('shop'), annotations: namespace };
  const { items, faults } = previewOf(JSON.stringify(pod), {
    facts: () => facts,
    policies: policiesOf(policy),
  });
  expect(faults).toEqual([]);
  return items[0]?.advice ?? [];
}

const counts = { hits: 0, nearMisses: 0 };
afterAll(() => {
  process.stderr.write(
    `advice: ${counts.hits} hits as expected, ${counts.nearMisses} near-misses without a word\n`,
  );
});

describe.each([...fixtures])('%s', (id, cases) => {
  it.each(cases.map((one) => [one.title, one] as const))('%s', (_title, fixture) => {
    const found = adviceOn(fixture);
    expect(found.map(({ advisor }) => advisor)).toEqual(fixture.advice.map(() => id));
    for (const [index, { target, field, write }] of fixture.advice.entries()) {
      expect(found[index]).toMatchObject({ field, ...(target && { target }), ...(write && { write }) });
    }
    if (fixture.advice.length > 0) counts.hits += fixture.advice.length;
    else counts.nearMisses++;
  });

  it('has hits and near-misses', () => {
    const silent = cases.filter(({ advice }) => advice.length === 0);
    expect(silent.length).toBeGreaterThan(0);
    expect(silent.length).toBeLessThan(cases.length);
  });
});

it('has fixtures for each advisor, and no others', () => {
  expect([...fixtures.keys()].toSorted()).toEqual(advisors.map(({ id }) => id).toSorted());
});

it('says nothing of Windows pods, nor where nothing is hardened', () => {
  const [loud] = fixtures.get('rootCommand') ?? [];
  if (loud === undefined) throw new Error('expected a fixture of rootCommand');
  expect(adviceOn(loud)).toHaveLength(1);
  expect(adviceOn({ ...loud, spec: { ...loud.spec, os: { name: 'windows' } } })).toEqual([]);
  const off = {
    controls: Object.fromEntries(
      ['runAsNonRoot', 'readOnlyRootFilesystem'].map((control) => [control, { mode: 'audit' }]),
    ),
  };
  expect(adviceOn({ ...loud, policy: off })).toEqual([]);
});

it('says the same in mode audit, where it is of use before', () => {
  const pod = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app' },
    spec: { containers: [{ name: 'app', image: 'example.com/app:1', command: ['cron', '-f'] }] },
  });
  const of = (mode: 'audit' | 'enforce') => previewOf(pod, { chosen: { mode } }).items[0]?.advice;
  expect(of('audit')).toEqual(of('enforce'));
  expect(of('audit')).toHaveLength(1);
});
