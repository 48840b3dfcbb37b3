import { readFileSync } from 'node:fs';

/** Resident memory of a process, in MiB. */
export function residentMebibytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new RangeError(`/proc/${pid}/status has no VmRSS`);
  return Number(kibibytes) / 1024;
}

/** Memory over a run: before, once it has warmed up, and at the end. */
export interface Trend {
  /** Median of the second quarter of the samples. */
  readonly before: number;
  /** Median of the last quarter. */
  readonly after: number;
  readonly most: number;
  /** Whether it grew by less than a fifth. What a leak of 1 KiB a body adds to a run of 200,000 is 100 MiB. */
  readonly isFlat: boolean;
}

const mostGrowth = 1.2;

/** What became of memory, by samples that were taken in order. */
export function trendOf(samples: readonly number[]): Trend {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) throw new RangeError(`expected four samples at least, found ${samples.length}`);
  const before = median(samples.slice(quarter, 2 * quarter));
  const after = median(samples.slice(-quarter));
  return { before, after, most: Math.max(...samples), isFlat: after <= before * mostGrowth };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
