import { type EventSink, eventReasons } from '../admission/events.js';
import type { ClusterConnection } from '../cluster/connection.js';
import { type Fault, worsen } from '../cluster/fault.js';
import { systemTiming, type Timing } from '../cluster/timing.js';
import { messageOf } from '../errors.js';
import { registerEventMetrics } from '../telemetry/eventMetrics.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';

/** Where Events go, until it is closed. */
export interface OpenedEvents extends EventSink {
  readonly close: () => void;
}

/** Has Events written into the cluster. How that fares is in the log and in the metrics. */
export async function openEvents(
  connection: ClusterConnection,
  log: Log,
  metrics: Metrics,
  timing: Timing = systemTiming,
): Promise<OpenedEvents> {
  const { dropCauses, writeEvents } = await import('../cluster/events.js');
  const vocabulary = { reasons: eventReasons, causes: dropCauses };
  const { countWritten, countDropped } = registerEventMetrics(metrics.registry, vocabulary);
  let fault: Fault | undefined;
  const writer = writeEvents({
    connection,
    timing,
    clock: () => new Date(),
    onWritten({ reason }) {
      countWritten(reason);
      if (fault !== undefined) log.info('events written again', { component: 'events' });
      fault = undefined;
    },
    onDropped(cause, error) {
      countDropped(cause);
      if (cause === 'queueFull') return;
      const [worse, isRepeated] = worsen(fault, error, timing.now());
      fault = worse;
      log[isRepeated ? 'debug' : 'warn']('event not written', {
        component: 'events',
        error: messageOf(error),
      });
    },
  });
  return {
    record(namespace, { subject, texts }) {
      const { apiVersion, kind, name, uid } = subject;
      for (const text of texts)
        writer.record({ namespace, subject: { apiVersion, kind, name, uid }, ...text });
    },
    close: () => writer.stop(),
  };
}
