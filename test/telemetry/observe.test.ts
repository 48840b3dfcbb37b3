import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Observation } from '../../src/admission/service.js';
import { ReviewError } from '../../src/errors.js';
import { engineSkips, type Finding, type Report } from '../../src/hardening/report.js';
import { catalogue } from '../../src/policy/catalogue.js';
import { noticeCodes } from '../../src/policy/notices.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { Observer } from '../../src/telemetry/observe.js';
import { type RecordedLog, recordedLog } from './recordedLog.js';
import { parseSamples, valueOf } from './samples.js';

const observation: Observation = {
  endpoint: 'mutate',
  uid: 'u-1',
  namespace: 'shop',
  subResource: '',
  name: 'web-?',
  dryRun: true,
  durationMilliseconds: 1.23456,
};

const finding = (control: string, mode: Finding['mode'], decision: Finding['decision']): Finding => ({
  control,
  target: 'containers/app',
  mode,
  decision,
});

const spec = { containers: [{ name: 'app' }] };

const patched: Report = {
  policy: 'strict',
  mode: 'enforce',
  exemption: undefined,
  findings: [
    finding('seccompProfile', 'enforce', { kind: 'change', set: {} }),
    finding('resources', 'warn', { kind: 'change', set: {} }),
    finding('capabilities', 'enforce', { kind: 'keep' }),
    finding('allowPrivilegeEscalation', 'enforce', { kind: 'skip', reason: 'privileged' }),
    finding('fsGroup', 'enforce', { kind: 'skip', reason: 'notNeeded' }),
  ],
  notices: [],
  changed: ['seccompProfile'],
  hardened: { spec },
  patch: [{ op: 'add', path: '/spec/securityContext', value: {} }],
};
const unchanged: Report = { ...patched, findings: [], changed: [], patch: [] };

let log: RecordedLog;
let metrics: Metrics;
let now: number;
let observer: Observer;

beforeEach(() => {
  log = recordedLog();
  metrics = new Metrics(catalogue.values(), Object.keys(engineSkips), Object.keys(noticeCodes), '0');
  now = 1_000_000;
  observer = new Observer(log, metrics, () => now);
});

/** The outcomes counted so far. */
async function outcomes(): Promise<Record<string, number>> {
  const samples = parseSamples(await metrics.registry.metrics());
  const counted = samples.filter(({ name, value }) => name === 'podtemper_reviews_total' && value > 0);
  return Object.fromEntries(counted.map(({ labels, value }) => [labels.outcome ?? '', value]));
}

describe('an answered review', () => {
  it('is one line with all that is to be known, and nothing of the pod itself', () => {
    observer.answered(observation, patched);
    expect(log.lines).toEqual([
      {
        level: 'info',
        msg: 'pod reviewed',
        fields: {
          component: 'admission',
          uid: 'u-1',
          namespace: 'shop',
          name: 'web-?',
          dryRun: true,
          durationMs: 1.235,
          outcome: 'patched',
          policy: 'strict',
          mode: 'enforce',
          changes: 1,
          controls: ['seccompProfile'],
          skips: ['containers/app allowPrivilegeEscalation privileged'],
        },
      },
    ]);
  });

  it('is counted, each of its decisions too', async () => {
    observer.answered(observation, patched);
    expect(await outcomes()).toEqual({ patched: 1 });
    const page = await metrics.registry.metrics();
    const count = (labels: Record<string, string>) => valueOf(page, 'podtemper_decisions_total', labels);
    expect(count({ control: 'seccompProfile', decision: 'change' })).toBe(1);
    expect(count({ control: 'resources', decision: 'would_change' })).toBe(1);
    expect(count({ control: 'capabilities', decision: 'keep' })).toBe(1);
    expect(count({ control: 'allowPrivilegeEscalation', reason: 'privileged' })).toBe(1);
    expect(count({ control: 'fsGroup', reason: 'notNeeded' })).toBe(1);
    expect(valueOf(page, 'podtemper_review_duration_seconds_sum')).toBeCloseTo(0.00123456);
  });

  it('says of which subresource it was, if of any', () => {
    observer.answered({ ...observation, subResource: 'ephemeralcontainers' }, patched);
    expect(log.lines).toMatchObject([{ fields: { subResource: 'ephemeralcontainers', outcome: 'patched' } }]);
  });

  it('makes no line where there is nothing to say', async () => {
    observer.answered(observation, undefined);
    observer.answered(observation, unchanged);
    observer.answered(observation, { ...unchanged, exemption: 'mirrorPod' });
    expect(log.lines).toEqual([]);
    expect(await outcomes()).toEqual({ ignored: 1, unchanged: 1, exempt: 1 });
  });

  it('makes a line of its notices, and counts them', async () => {
    observer.answered(observation, { ...unchanged, notices: [{ code: 'unknownControl', text: 'no "x"' }] });
    expect(log.lines).toMatchObject([{ fields: { outcome: 'unchanged', notices: ['no "x"'] } }]);
    const page = await metrics.registry.metrics();
    expect(valueOf(page, 'podtemper_notices_total', { code: 'unknownControl' })).toBe(1);
  });
});

describe('many reviews', () => {
  const answer = (times: number) => {
    for (let index = 0; index < times; index += 1) observer.answered(observation, patched);
  };

  it('make 50 lines in a second; the next one tells how many were left out', async () => {
    answer(120);
    expect(log.lines).toHaveLength(50);
    now += 1000;
    answer(1);
    expect(log.lines).toHaveLength(51);
    expect(log.lines.at(-1)).toMatchObject({ fields: { linesLeftOut: 70 } });
    answer(1);
    expect(log.lines.at(-1)?.fields).not.toHaveProperty('linesLeftOut');
    expect(await outcomes()).toEqual({ patched: 122 });
  });

  it('are told of again in each second, also where some seconds had none', () => {
    answer(60);
    now += 10_000;
    answer(60);
    now += 1000;
    answer(1);
    expect(log.lines).toHaveLength(101);
    expect(log.lines[50]).toMatchObject({ fields: { linesLeftOut: 10 } });
    expect(log.lines[100]).toMatchObject({ fields: { linesLeftOut: 10 } });
  });

  it('do not keep errors from the log', () => {
    answer(60);
    observer.failed(observation, new Error('broken'));
    expect(log.lines.at(-1)).toMatchObject({ level: 'error' });
  });
});

describe('what went wrong', () => {
  it('is a line with the uid and the stack, and is counted', async () => {
    observer.failed(observation, new RangeError('broken'));
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        msg: 'review failed, pod admitted unchanged',
        fields: { uid: 'u-1', namespace: 'shop', name: 'web-?', error: 'broken', stack: expect.any(String) },
      },
    ]);
    expect(await outcomes()).toEqual({ failed: 1 });
  });

  it('is a warning where the caller is at fault', async () => {
    observer.malformed(new ReviewError({ where: 'kind', expected: 'AdmissionReview', found: '"Pod"' }), 0.5);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        msg: 'malformed review',
        fields: {
          component: 'admission',
          error: 'kind: expected AdmissionReview, found a text',
          code: 'review',
        },
      },
    ]);
    expect(await outcomes()).toEqual({ malformed: 1 });
  });

  it('does not fill the log where a caller goes on and on, nor take the lines of others', async () => {
    const error = new ReviewError({ where: 'body', expected: 'JSON', found: 'none' });
    for (let index = 0; index < 70; index += 1) observer.malformed(error, 0.5);
    expect(log.lines).toHaveLength(50);
    observer.answered(observation, patched);
    expect(log.lines.at(-1)?.msg).toBe('pod reviewed');
    now += 1000;
    observer.malformed(error, 0.5);
    expect(log.lines.at(-1)).toMatchObject({ msg: 'malformed review', fields: { linesLeftOut: 20 } });
    expect(await outcomes()).toEqual({ malformed: 71, patched: 1 });
  });
});
