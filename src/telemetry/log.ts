import winston from 'winston';
import { InputError, messageOf } from '../errors.js';
import { shorten } from '../shorten.js';
import { BoundedStream } from './boundedStream.js';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Fields of a line, by name. Never a pod's body, an environment value, a Secret or a token. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One JSON line a call. `message` is a constant sentence; what varies is in the fields. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Lines lost to a slow reader so far. */
  dropped(): number;
  /** Lines that wait for a slow reader now. */
  waiting(): number;
  flush(): Promise<void>;
}

const { combine, printf } = winston.format;

/** A log to standard output, or to another file descriptor. */
export function createLog(level: LogLevel, fileDescriptor = 1): Log {
  const stream = new BoundedStream(fileDescriptor);
  const logger = winston.createLogger({
    level,
    format: combine(printf((line) => formatLine(line as unknown as Line))),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
  });
  let due: Line[] = [];
  const writeDue = () => {
    const lines = due;
    due = [];
    for (const line of lines) logger.log(line);
  };
  // In the next turn of the event loop, by when the answers of this one are written: nobody who creates a pod is to
  // wait for the line about it.
  const at =
    (name: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (!logger.isLevelEnabled(name)) return;
      if (due.push({ level: name, message, fields, milliseconds: Date.now() }) === 1) setImmediate(writeDue);
    };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    dropped: () => stream.dropped,
    waiting: () => stream.waiting,
    flush: () => {
      writeDue();
      return stream.flush();
    },
  };
}

/** A line to be written. Fields travel in one key, so that none of theirs can meet one of winston's. */
interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  /** When it was logged, since 1970. */
  readonly milliseconds: number;
}

/** Our own keys come first for the eye, and last so that no field can take their place. */
function formatLine({ level, message, fields, milliseconds }: Line): string {
  const own = { time: new Date(milliseconds).toISOString(), level, msg: message };
  return JSON.stringify({ ...own, ...fields, ...own }, (_key, value: unknown) => bounded(value));
}

/** Longest text in a line, in UTF-16 units, and most items of a list: names in a pod may be as long as a request. */
const maxText = 4096;
const maxItems = 100;

function bounded(value: unknown): unknown {
  if (typeof value === 'string') return shorten(value, maxText);
  if (!Array.isArray(value) || value.length <= maxItems) return value;
  return [...(value as unknown[]).slice(0, maxItems), `… and ${value.length - maxItems} more`];
}

/** An error as fields: its message, its code, and for a fault of ours the stack. */
export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: String(error) };
  if (error instanceof InputError) return { error: error.message, code: error.code };
  return { error: messageOf(error), stack: error.stack };
}
