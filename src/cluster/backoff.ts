const minMilliseconds = 200;
const maxMilliseconds = 30_000;

/** How long to wait after so many failures in a row, at least one: anywhere between the shortest pause and a ceiling
 *  that doubles with each (full jitter). `chance` is at least 0 and below 1. */
export function backoffMilliseconds(failures: number, chance: number): number {
  const ceiling = Math.min(maxMilliseconds, minMilliseconds * 2 ** failures);
  return minMilliseconds + (ceiling - minMilliseconds) * chance;
}
