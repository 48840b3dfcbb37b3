import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { renderSarif } from '../../src/outputs/sarif.js';
import { controlIds } from '../../src/policy/catalogue.js';
import { corpus, previewOf } from '../preview/corpus.js';
import { everything, mixedPreview } from './reports.js';

/** The schema of OASIS, whose patterns are none of Unicode's. */
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
  JSON.parse(readFileSync('test/outputs/schemas/sarif-2.1.0.json', 'utf8')) as object,
);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number; readonly startColumn: number };
    };
  }[];
}
interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly toolExecutionNotifications: readonly unknown[];
  }[];
  readonly results: readonly Result[];
}
const runOf = (text: string): Run => {
  const [run] = (JSON.parse(text) as { runs: Run[] }).runs;
  if (run === undefined) throw new RangeError('the log holds no run');
  return run;
};

describe('-o sarif', () => {
  it.each([
    ['a manifest with a fault', mixedPreview],
    ['all manifests of the tests', everything],
    ['nothing', previewOf('')],
  ])('is valid by the schema of SARIF 2.1.0: of %s', (_what, shown) => {
    validate(JSON.parse(renderSarif(shown)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('is held to the schema', () => {
    expect(validate({ ...(JSON.parse(renderSarif(mixedPreview)) as object), version: '2' })).toBe(false);
  });

  const { tool, invocations, results } = runOf(renderSarif(mixedPreview));

  it('has a rule for each control', () => {
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(controlIds);
    for (const { ruleId, ruleIndex } of results) expect(controlIds[ruleIndex]).toBe(ruleId);
  });

  it('points at the field, or where it would go', () => {
    const added = results.find(({ ruleId }) => ruleId === 'resources');
    expect(added).toMatchObject({ level: 'note', message: { text: expect.stringContaining('cpu: 50m') } });
    expect(added?.locations[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'shop/web%2C%2050%25.yaml' },
      region: { startLine: 8, startColumn: 11 },
    });
    const left = results.find(({ level }) => level === 'warning');
    expect(left).toMatchObject({
      ruleId: 'runAsNonRoot',
      message: { text: expect.stringMatching(/^container root: not hardened: runAsUser is explicitly 0/) },
      locations: [{ physicalLocation: { region: { startLine: 10 } } }],
    });
  });

  it('tells what could not be read', () => {
    expect(invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [
          {
            level: 'error',
            message: { text: expect.stringContaining('apiVersion') },
            locations: [{ physicalLocation: { region: { startLine: 15 } } }],
          },
        ],
      },
    ]);
  });

  it('has a place for every result, within its file', () => {
    const lines = new Map(corpus.map(({ file, text }) => [file, text.split('\n').length]));
    const all = runOf(renderSarif(everything)).results;
    expect(all.length).toBeGreaterThan(300);
    for (const { locations } of all) {
      const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
      expect(region?.startLine).toBeLessThanOrEqual(lines.get(artifactLocation?.uri ?? '') ?? 0);
    }
  });
});
