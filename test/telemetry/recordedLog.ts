import type { Log, LogFields } from '../../src/telemetry/log.js';

/** A line as it was handed to the log. */
export interface RecordedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly msg: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines. */
export interface RecordedLog extends Log {
  readonly lines: RecordedLine[];
}

export function recordedLog(): RecordedLog {
  const lines: RecordedLine[] = [];
  const at =
    (level: RecordedLine['level']) =>
    (msg: string, fields: LogFields = {}) => {
      lines.push({ level, msg, fields });
    };
  return {
    lines,
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    dropped: () => 0,
    waiting: () => 0,
    flush: () => Promise.resolve(),
  };
}
