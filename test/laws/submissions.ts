import fc, { type Arbitrary } from 'fast-check';
import { type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { optional, pick } from './arbitraries.js';
import { type Level, meetLevel } from './meetLevel.js';
import { rawPod } from './pods.js';
import { asCreated } from './serverDefaults.js';

/** A pod that somebody submits, wherever: as written, or as read from another cluster. */
export interface Submission {
  readonly pod: Pod;
  /** The Pod Security level that it keeps to; undefined where it may break any. */
  readonly level: Level | undefined;
  /** Any number: which of the namespaces that take it. */
  readonly salt: number;
}

const elsewhere = unknownNamespace('elsewhere');

export const submissionArbitrary: Arbitrary<Submission> = fc
  .record({
    pod: rawPod,
    isRead: pick(false, false, true),
    level: optional<Level>(35, pick('baseline', 'restricted', 'restricted')),
    salt: fc.nat(9999),
  })
  .map(({ pod, isRead, level, salt }) => {
    const met = level === undefined ? pod : meetLevel(pod, level);
    return { pod: isRead ? asCreated(met, elsewhere) : met, level, salt };
  });
