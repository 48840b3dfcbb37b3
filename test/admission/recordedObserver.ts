import type { Observation, ReviewObserver } from '../../src/admission/service.js';
import type { Report } from '../../src/hardening/report.js';

/** An observer that keeps what it is told. */
export interface RecordedObserver extends ReviewObserver {
  readonly answers: { observation: Observation; report: Report | undefined }[];
  readonly malformations: unknown[];
  readonly failures: { observation: Observation; error: unknown }[];
}

export function recordedObserver(): RecordedObserver {
  const recorded: Pick<RecordedObserver, 'answers' | 'malformations' | 'failures'> = {
    answers: [],
    malformations: [],
    failures: [],
  };
  return {
    ...recorded,
    answered: (observation, report) => void recorded.answers.push({ observation, report }),
    malformed: (error) => void recorded.malformations.push(error),
    failed: (observation, error) => void recorded.failures.push({ observation, error }),
  };
}
