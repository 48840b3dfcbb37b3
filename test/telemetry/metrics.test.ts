import { beforeEach, describe, expect, it } from '@jest/globals';
import { engineSkips } from '../../src/hardening/report.js';
import { catalogue } from '../../src/policy/catalogue.js';
import { noticeCodes } from '../../src/policy/notices.js';
import { Metrics, reviewOutcomes } from '../../src/telemetry/metrics.js';
import { parseSamples, type Sample, valueOf } from './samples.js';

const engineReasons = Object.keys(engineSkips);

let metrics: Metrics;

beforeEach(() => {
  metrics = new Metrics(catalogue.values(), engineReasons, Object.keys(noticeCodes), '1.2.3');
});

const page = () => metrics.registry.metrics();

async function samplesOf(name: string): Promise<Sample[]> {
  return parseSamples(await page()).filter((sample) => sample.name === name);
}

describe('the metrics page at the start', () => {
  it('has every decision of every control at 0, and no other', async () => {
    const expected = [...catalogue.values()].flatMap(({ id, skips, flags }) => {
      const reasons = [...new Set([...Object.keys(skips), ...engineReasons])];
      const others = ['change', 'would_change', 'keep'].map((decision) => ({ decision, reason: '' }));
      const found = Object.keys(flags).map((reason) => ({ decision: 'flag', reason }));
      const all = others.concat(
        reasons.map((reason) => ({ decision: 'skip', reason })),
        found,
      );
      return all.map(({ decision, reason }) => ({ control: id, decision, reason }));
    });
    const samples = await samplesOf('podtemper_decisions_total');
    expect(samples.map(({ labels }) => labels)).toEqual(expected);
    expect(samples.every(({ value }) => value === 0)).toBe(true);
  });

  it('has every outcome of a review, and every result of a reload, at 0', async () => {
    const reviews = await samplesOf('podtemper_reviews_total');
    expect(reviews.map(({ labels, value }) => [labels.outcome, value])).toEqual(
      reviewOutcomes.map((outcome) => [outcome, 0]),
    );
    for (const name of ['podtemper_policy_reloads_total', 'podtemper_certificate_reloads_total']) {
      for (const result of ['ok', 'failed']) expect(valueOf(await page(), name, { result })).toBe(0);
    }
    expect(valueOf(await page(), 'podtemper_policy_fault')).toBe(0);
  });

  it('has every notice at 0', async () => {
    const samples = await samplesOf('podtemper_notices_total');
    expect(samples.map(({ labels, value }) => [labels.code, value])).toEqual(
      Object.keys(noticeCodes).map((code) => [code, 0]),
    );
  });

  it('names the version, and units in the names of what has one', async () => {
    const text = await page();
    expect(valueOf(text, 'podtemper_build_info', { version: '1.2.3' })).toBe(1);
    expect(valueOf(text, 'podtemper_review_duration_seconds_count')).toBe(0);
    const ours = [...text.matchAll(/^# TYPE (podtemper_\S+) (\S+)$/gm)];
    for (const [, name = '', type] of ours) expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(ours).toHaveLength(13);
  });
});

describe('counting', () => {
  it('counts reviews by outcome, with how long they took', async () => {
    metrics.countReview('patched', 0.0003);
    metrics.countReview('patched', 0.3);
    metrics.countReview('failed', 2);
    const text = await page();
    expect(valueOf(text, 'podtemper_reviews_total', { outcome: 'patched' })).toBe(2);
    expect(valueOf(text, 'podtemper_reviews_total', { outcome: 'failed' })).toBe(1);
    expect(valueOf(text, 'podtemper_reviews_total', { outcome: 'exempt' })).toBe(0);
    const buckets = ['0.00025', '0.0005', '0.25', '1', '+Inf'];
    expect(buckets.map((le) => valueOf(text, 'podtemper_review_duration_seconds_bucket', { le }))).toEqual([
      0, 1, 1, 2, 3,
    ]);
    expect(valueOf(text, 'podtemper_review_duration_seconds_sum')).toBeCloseTo(2.3003);
  });

  it('counts decisions by control, kind and reason; a second look at the page finds the same', async () => {
    metrics.countDecision('resources', 'change');
    metrics.countDecision('resources', 'wouldChange');
    metrics.countDecision('resources', 'wouldChange');
    metrics.countDecision('capabilities', 'keep');
    metrics.countSkip('capabilities', 'privileged');
    const counted = async () =>
      (await samplesOf('podtemper_decisions_total'))
        .filter(({ value }) => value > 0)
        .map(({ labels, value }) => [Object.values(labels).join(' ').trim(), value]);
    const expected = [
      ['capabilities keep', 1],
      ['capabilities skip privileged', 1],
      ['resources change', 1],
      ['resources would_change', 2],
    ];
    expect(await counted()).toEqual(expected);
    expect(await counted()).toEqual(expected);
  });

  it('counts notices by code', async () => {
    metrics.countNotice('unknownControl');
    metrics.countNotice('unknownControl');
    expect(valueOf(await page(), 'podtemper_notices_total', { code: 'unknownControl' })).toBe(2);
  });

  it.each(['runAsNonroot', '', '__proto__'])('refuses a control called %j', (control) => {
    expect(() => metrics.countDecision(control, 'keep')).toThrow(`no control is called ${control}`);
    expect(() => metrics.countSkip(control, 'privileged')).toThrow(
      `${control} declares no reason privileged`,
    );
  });

  it.each(['notDeclared', ''])('refuses a reason %j', async (reason) => {
    expect(() => metrics.countSkip('resources', reason)).toThrow(`resources declares no reason ${reason}`);
    expect((await samplesOf('podtemper_decisions_total')).every(({ value }) => value === 0)).toBe(true);
  });

  it('refuses a notice that does not exist', () => {
    expect(() => metrics.countNotice('unknownWord')).toThrow('no notice has the code unknownWord');
  });

  it('keeps two instances apart', async () => {
    new Metrics(catalogue.values(), engineReasons, [], '1.2.3').countReview('patched', 1);
    expect(valueOf(await page(), 'podtemper_reviews_total', { outcome: 'patched' })).toBe(0);
  });
});
