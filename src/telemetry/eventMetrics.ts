import { Counter, type Registry } from 'prom-client';

/** What counts Events. */
export interface EventCounters {
  readonly countWritten: (reason: string) => void;
  readonly countDropped: (cause: string) => void;
}

/** Registers the metrics of Events; only a process that writes some has them. */
export function registerEventMetrics(
  registry: Registry,
  { reasons, causes }: { readonly reasons: readonly string[]; readonly causes: readonly string[] },
): EventCounters {
  const registers = [registry];
  const written = new Counter({
    name: 'podtemper_events_total',
    help: 'Events written, one for each object and message in ten minutes.',
    labelNames: ['reason'],
    registers,
  });
  const dropped = new Counter({
    name: 'podtemper_events_dropped_total',
    help: 'Events not written, because there was no room (queueFull) or the API server did not take them (failed).',
    labelNames: ['cause'],
    registers,
  });
  for (const reason of reasons) written.inc({ reason }, 0);
  for (const cause of causes) dropped.inc({ cause }, 0);
  return {
    countWritten: (reason) => written.inc({ reason }),
    countDropped: (cause) => dropped.inc({ cause }),
  };
}
