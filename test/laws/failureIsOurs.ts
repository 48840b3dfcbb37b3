import { engineSkips } from '../../src/hardening/report.js';
import { catalogue } from '../../src/policy/catalogue.js';
import { noticeCodes } from '../../src/policy/notices.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { Observer } from '../../src/telemetry/observe.js';
import type { Answer } from '../admission/reviews.js';
import { recordedLog } from '../telemetry/recordedLog.js';
import { failures } from './failures.js';
import { Breach, expectSame, type Law, type Scenario } from './scenario.js';
import { answerTo, serviceOptions, type Subject, uid } from './subject.js';

/** Law 7: whatever fails within podtemper, the pod is admitted as it is, with a warning, a log line and a count. */
export const failureIsOurs: Law = async (scenario, subject) => {
  let blows = 0;
  const blow = (): never => {
    blows++;
    throw thrownBy(scenario);
  };
  const log = recordedLog();
  const metrics = sharedMetrics();
  const before = await failuresCounted(metrics);
  const observer = new Observer(log, metrics, () => 0);
  const options = failures[scenario.failure]({ ...serviceOptions(scenario), observer }, blow, scenario);
  const answer = await tryAnswer(scenario, subject, options);
  const counted = (await failuresCounted(metrics)) - before;
  const errors = log.lines.filter(({ level }) => level === 'error');
  if (blows === 0) {
    expectSame([errors, counted, isAboutFailure(answer)], [[], 0, false], 'a failure is told that was none');
    return;
  }
  expectSame(answer.uid, uid, 'the answer to another review');
  expectSame(answer.patch, undefined, 'a patch in spite of a failure');
  if (!isAboutFailure(answer)) throw new Breach('no warning that the pod was not hardened');
  expectSame(
    errors.map(({ fields }) => fields.uid),
    [uid],
    'the log lines of the failure',
  );
  expectSame(counted, 1, 'the failures counted');
};

/** Errors, and what else may be thrown. */
function thrownBy({ salt }: Scenario): unknown {
  const things = [new Error('broken'), new RangeError('broken'), 'a text', undefined, null, { code: 1 }];
  return things[salt % things.length];
}

async function tryAnswer(
  scenario: Scenario,
  subject: Subject,
  options: Parameters<typeof answerTo>[2],
): Promise<Answer> {
  try {
    return await answerTo(scenario, subject, options);
  } catch (error) {
    throw new Breach(`${scenario.failure} leaves the API server without a good answer: ${String(error)}`);
  }
}

function isAboutFailure({ warnings }: Answer): boolean {
  return warnings.some((warning) => /^podtemper: .*not hardened.*error/.test(warning));
}

let metricsOfAll: Metrics | undefined;

/** One registry for all runs: each of them would go on observing the process. */
function sharedMetrics(): Metrics {
  const [reasons, codes] = [Object.keys(engineSkips), Object.keys(noticeCodes)];
  return (metricsOfAll ??= new Metrics(catalogue.values(), reasons, codes, '0'));
}

async function failuresCounted({ registry }: Metrics): Promise<number> {
  const counted = await registry.getSingleMetric('podtemper_reviews_total')?.get();
  const failed = counted?.values.find(({ labels }) => labels.outcome === 'failed');
  if (failed === undefined) throw new RangeError('podtemper_reviews_total has no outcome "failed"');
  return failed.value;
}
