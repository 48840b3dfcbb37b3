import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { findGuide, guides } from '../../src/guides/index.js';
import { controlOf } from '../../src/policy/catalogue.js';
import { itemsThat, rowsOf, sample } from './rows.js';

const demo = readFileSync('manifests/examples/web.yaml', 'utf8');

describe.each(guides.map((guide) => [guide.id, guide] as const))('guide %s', (id, { items }) => {
  it('has each item once, decided by something or known to be beyond a pod', () => {
    const ids = items.map((item) => item.id);
    expect(new Set(ids).size).toBe(ids.length);
    const undecided = items.filter(
      (item) => !('outside' in item) && item.question === undefined && (item.controls ?? []).length === 0,
    );
    expect(undecided).toEqual([]);
  });

  it('maps to controls, and to codes that they have', () => {
    const mappings = items.flatMap((item) => ('outside' in item ? [] : (item.controls ?? [])));
    expect(mappings.length).toBeGreaterThan(5);
    for (const mapping of mappings) {
      const { control, codes } = typeof mapping === 'string' ? { control: mapping, codes: [] } : mapping;
      expect(Object.keys(controlOf(control).flags)).toEqual(expect.arrayContaining([...codes]));
    }
  });

  it('has its page', () => {
    const page = `docs/guides/${id}.md`;
    expect(existsSync(page)).toBe(true);
    for (const item of items) expect(readFileSync(page, 'utf8')).toContain(item.asks);
  });

  it('has a row for each item of the demo manifest, in its order, of every verdict that can be', () => {
    const rows = rowsOf(demo, id);
    expect(rows.map(({ item }) => item)).toEqual(items);
    const found = new Set(rows.map(({ verdict }) => verdict));
    expect([...found].filter((verdict) => verdict !== 'outside').toSorted()).toEqual([
      'hardened',
      'open',
      'satisfied',
    ]);
  });

  it('names a place for each row that is open or hardened, and what to write there', () => {
    for (const { verdict, places } of rowsOf(demo, id)) {
      if (verdict === 'satisfied' || verdict === 'outside') expect(places).toEqual([]);
      else expect(places.length).toBeGreaterThan(0);
      for (const { field, found, write } of places) {
        expect(field).toMatch(/^(?:spec\.|metadata\.|NetworkPolicy$)/);
        expect(found).not.toBe('');
        expect(write).not.toBe('');
      }
    }
  });
});

describe('the sample of the guide', () => {
  it('leaves exactly items 1 and 16 open', () => {
    expect(itemsThat('open', sample, 'cloud')).toEqual(['1', '16']);
  });

  it('gets resources, runAsNonRoot and ALL by hardening', () => {
    expect(itemsThat('hardened', sample, 'cloud')).toEqual(['2', '10', '12']);
    const [resources, user, capabilities] = rowsOf(sample, 'cloud').filter(
      ({ verdict }) => verdict === 'hardened',
    );
    expect(resources?.places).toEqual([
      {
        targets: ['containers/app'],
        field: 'spec.containers[0].resources.requests.cpu',
        found: 'not set',
        write: 'resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {cpu: 1, memory: 1Gi}}',
      },
    ]);
    expect(user?.places[0]?.write).toBe('securityContext: {runAsNonRoot: true}');
    expect(capabilities?.places[0]).toMatchObject({
      field: 'spec.containers[0].securityContext.capabilities.drop',
      found: '[all]',
    });
  });

  it('satisfies the rest as it is written', () => {
    const satisfied = itemsThat('satisfied', sample, 'cloud');
    expect(satisfied).toEqual(['3', '4', '5', '6', '7', '8', '9', '11', '13', '14', '15']);
  });
});

it('knows no guide of another name', () => {
  expect(findGuide('cis')?.id).toBe('cis');
  expect(findGuide('toString')).toBeUndefined();
});
