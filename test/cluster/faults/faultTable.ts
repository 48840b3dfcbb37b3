import { type Effect, type Fault, timeoutSeconds } from './fault.js';
import { type Measured } from './createStream.js';

export interface FaultRow {
  fault: Fault;
  measured: Measured;
  effect: Effect;
}

export const failedOf = ({ failed }: Measured) => [...failed.values()].reduce((sum, count) => sum + count, 0);

/** Creates that failed because the connection of their review was reset. */
export const resetsOf = ({ failed }: Measured) =>
  [...failed].reduce((sum, [reason, count]) => sum + (reason.includes('reset by peer') ? count : 0), 0);

const columns = ['creates', 'a second', 'failed', 'unserved', 'slowest', 'healthy after'];
const titleWidth = 34;

/** The table that `make faults` prints: a line of figures for each fault, and what explains them. */
export function faultTable(rows: readonly FaultRow[]): string {
  return [
    '',
    `Pods created by dry run through two replicas, failurePolicy Fail, timeoutSeconds ${timeoutSeconds}. A pod that came back as it`,
    'was counts as failed; unserved are those that no API server took. Healthy: none fails or takes over 500 ms.',
    'A replica gets new connections while its /readyz, asked each second, says 200.',
    '',
    line('fault', columns),
    ...rows.map(describeRow),
    '',
  ].join('\n');
}

function describeRow({ fault, measured, effect }: FaultRow): string {
  const { sent, seconds, unserved, slowestMilliseconds, secondsToHealthy } = measured;
  const figures = [
    String(sent),
    (sent / seconds).toFixed(0),
    String(failedOf(measured)),
    String(unserved),
    `${slowestMilliseconds.toFixed(0)} ms`,
    secondsToHealthy === 0 ? 'at once' : `${secondsToHealthy.toFixed(1)} s`,
  ];
  const reasons = [...measured.failed].map(([reason, count]) => `    ${count} failed: ${reason}`);
  const why = reasons.length > 0 && fault.why !== undefined ? [`    why: ${fault.why}`] : [];
  return [line(fault.title, figures), `    ${fault.how}`, `    ${effect.seen}`, ...reasons, ...why].join(
    '\n',
  );
}

function line(title: string, figures: readonly string[]): string {
  return title.padEnd(titleWidth) + figures.map((figure, at) => figure.padStart(widthOf(at))).join('');
}

const widthOf = (column: number) => (columns[column] ?? '').length + 3;
