import { Counter, Gauge, type Registry } from 'prom-client';

/** What a listener has to do now. */
interface Load {
  readonly inFlight: number;
  readonly connections: number;
}

/** What can be told of a process that serves. */
export interface ServerView {
  readonly listeners: Readonly<Record<string, Load | undefined>>;
  readonly log: { dropped(): number; waiting(): number };
}

/** Registers how much waits: on each listener, and in the log. */
export function registerServerMetrics(registry: Registry, { listeners, log }: ServerView): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (load: Load) => number): void => {
    const metric: Gauge<'listener'> = new Gauge({
      name,
      help,
      labelNames: ['listener'],
      registers,
      collect() {
        for (const [listener, load] of Object.entries(listeners))
          metric.set({ listener }, load === undefined ? 0 : read(load));
      },
    });
  };
  gauge('podtemper_requests_in_flight', 'Requests that are being answered.', ({ inFlight }) => inFlight);
  gauge('podtemper_connections', 'Connections that are open.', ({ connections }) => connections);
  const waiting: Gauge = new Gauge({
    name: 'podtemper_log_lines_waiting',
    help: 'Lines of the log that a slow reader has not taken yet.',
    registers,
    collect: () => waiting.set(log.waiting()),
  });
  const dropped: Counter = new Counter({
    name: 'podtemper_log_lines_dropped_total',
    help: 'Lines of the log that were dropped, since nobody read them.',
    registers,
    collect() {
      dropped.reset();
      dropped.inc(log.dropped());
    },
  });
}
