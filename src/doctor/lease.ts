import type { Lease } from './installation.js';

/** When the Lease was last renewed, by the clock of whoever did; undefined where it does not say. */
export function renewalOf({ spec }: Lease): Date | undefined {
  return timeOf(spec?.renewTime);
}

/** When that was written, by the API server's clock; undefined where it does not say. */
export function writingOf({ metadata }: Lease): Date | undefined {
  const entry = metadata?.managedFields?.find(({ fieldsV1 }) =>
    JSON.stringify(fieldsV1 ?? {}).includes('renewTime'),
  );
  return timeOf(entry?.time);
}

/** The API has times as texts. */
function timeOf(value: Date | string | undefined): Date | undefined {
  const time = new Date(value ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
