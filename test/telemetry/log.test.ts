import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PolicyError } from '../../src/errors.js';
import {
  createLog,
  errorFields,
  type Log,
  type LogFields,
  type LogLevel,
  logLevels,
} from '../../src/telemetry/log.js';
import { type Fifo, openFifo } from './fifo.js';

let pipe: Fifo;

beforeEach(() => {
  pipe = openFifo('non-blocking');
});
afterEach(() => pipe.close());

/** What `write` has made a log write, flushed right after. */
async function written(write: (log: Log) => void, level: LogLevel = 'debug') {
  const log = createLog(level, pipe.fileDescriptor);
  write(log);
  await log.flush();
  expect(log.dropped()).toBe(0);
  return pipe.read().toString('utf8');
}

/** The lines, each of which must be a JSON object. */
function parseLines(text: string): unknown[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('a log', () => {
  it('writes after the turn in which a line was logged, with the time of then', async () => {
    const log = createLog('info', pipe.fileDescriptor);
    const from = Date.now();
    log.info('first');
    log.info('second');
    const until = Date.now();
    expect(pipe.read()).toHaveLength(0);
    await setTimeout(20);
    await log.flush();
    const lines = parseLines(pipe.read().toString('utf8')) as { msg: string; time: string }[];
    expect(lines.map(({ msg }) => msg)).toEqual(['first', 'second']);
    for (const { time } of lines) {
      expect(Date.parse(time)).toBeGreaterThanOrEqual(from);
      expect(Date.parse(time)).toBeLessThanOrEqual(until);
    }
  });
});

describe('a log line', () => {
  it('is one JSON object with time, level, message and the fields', async () => {
    const fields = {
      component: 'admission',
      changes: 3,
      dryRun: false,
      controls: ['a', 'b'],
      code: undefined,
    };
    const [line, ...others] = parseLines(await written((log) => log.info('pod reviewed', fields)));
    expect(others).toEqual([]);
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      msg: 'pod reviewed',
      component: 'admission',
      changes: 3,
      dryRun: false,
      controls: ['a', 'b'],
    });
  });

  it('is as long as a person reads, whatever the fields hold', async () => {
    const name = 'x'.repeat(1_000_000);
    const skips = Array.from({ length: 1000 }, (_, index) => `containers/app-${index} capabilities addsAll`);
    const text = await written((log) => log.info('pod reviewed', { name, skips }));
    expect(text.length).toBeLessThan(20_000);
    const [line] = parseLines(text) as { name: string; skips: string[] }[];
    expect(line?.name).toMatch(/^x+…$/);
    expect(line?.skips.at(-1)).toBe('… and 900 more');
  });

  it.each(logLevels)('is written where the level %s lets it through, in order', async (level) => {
    const text = await written((log) => {
      for (const name of logLevels) log[name](`a line of level ${name}`);
    }, level);
    const expected = logLevels.slice(0, logLevels.indexOf(level) + 1);
    expect(parseLines(text)).toMatchObject(
      expected.map((name) => ({ level: name, msg: `a line of level ${name}` })),
    );
  });

  it('stays one line whatever the values hold', async () => {
    const value = fc.oneof(
      // Half characters too.
      fc.array(fc.nat(0xffff), { maxLength: 10 }).map((units) => String.fromCharCode(...units)),
      fc.constantFrom(
        '\n',
        '\r\n{"level":"error"}\n',
        '\u2028',
        '\0',
        '"',
        '\\',
        '\uD800',
        '%s %d',
        '\u001B[31m',
      ),
    );
    const property = fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 20 }), async (values) => {
      const text = await written((log) =>
        values.forEach((name) => log.warn('constant', { name, list: [name] })),
      );
      const expected = values.map((name) => ({ level: 'warn', msg: 'constant', name, list: [name] }));
      expect(parseLines(text)).toMatchObject(expected);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it.each(['level', 'msg', 'time', 'message', 'splat', 'fields', 'toString', 'toJSON'])(
    'keeps its own level, message and time beside a field called %s',
    async (name) => {
      const fields: LogFields = { [name]: 'forged' };
      const [line] = parseLines(await written((log) => log.info('constant', fields)));
      expect(line).toMatchObject({ level: 'info', msg: 'constant', time: expect.stringMatching(/^\d{4}-/) });
    },
  );

  it('is not lost when many are written before the process could turn to writing', async () => {
    const text = await written((log) => {
      for (let index = 0; index < 500; index += 1) log.info('many', { index });
    });
    expect(parseLines(text)).toHaveLength(500);
  });
});

describe('errorFields', () => {
  it('gives the code of an input error, without a stack', () => {
    const error = new PolicyError(
      { where: 'spec', expected: 'a mapping', found: '1' },
      { file: 'p.yaml', line: 3, column: 7 },
    );
    expect(errorFields(error)).toEqual({
      error: 'p.yaml:3:7: spec: expected a mapping, found 1',
      code: 'policy',
    });
  });

  it('gives the stack of a fault of ours, and whatever else was thrown as text', () => {
    expect(errorFields(new RangeError('no'))).toEqual({
      error: 'no',
      stack: expect.stringContaining('log.test'),
    });
    expect(errorFields('text')).toEqual({ error: 'text' });
    expect(errorFields(undefined)).toEqual({ error: 'undefined' });
  });
});
