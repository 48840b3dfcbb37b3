import type { Observation, ReviewObserver } from '../../src/admission/service.js';
import type { Report } from '../../src/hardening/report.js';

/** An observer that keeps what it is told. */
export interface RecordedObserver extends ReviewObserver {
  readonly answers: { observation: Observation; report: Report | undefined }[];
  readonly judgements: { observation: Observation; refusedBy: readonly string[] }[];
  readonly malformations: unknown[];
  readonly failures: { observation: Observation; error: unknown }[];
}

export function recordedObserver(): RecordedObserver {
  const recorded: Pick<RecordedObserver, 'answers' | 'judgements' | 'malformations' | 'failures'> = {
    answers: [],
    judgements: [],
    malformations: [],
    failures: [],
  };
  return {
    ...recorded,
    answered: (observation, report) => void recorded.answers.push({ observation, report }),
    judged: (observation, refusedBy) => void recorded.judgements.push({ observation, refusedBy }),
    malformed: (error) => void recorded.malformations.push(error),
    failed: (observation, error) => void recorded.failures.push({ observation, error }),
  };
}
