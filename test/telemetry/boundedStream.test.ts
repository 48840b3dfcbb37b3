import { afterEach, describe, expect, it } from '@jest/globals';
import { BoundedStream } from '../../src/telemetry/boundedStream.js';
import { eventually } from '../certificates/waiting.js';
import { type Fifo, openFifo } from './fifo.js';

/** More than a pipe takes at once, which is 64 KiB. */
const longLine = `${'x'.repeat(99_999)}\n`;

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}\n`);

let fifo: Fifo | undefined;

afterEach(() => {
  fifo?.close();
  fifo = undefined;
});

/** A stream into a pipe that `read` empties; what was read so far is in `text()`. */
function openStream(kind: 'blocking' | 'non-blocking') {
  const pipe = openFifo(kind);
  fifo = pipe;
  const stream = new BoundedStream(pipe.fileDescriptor);
  let bytes = Buffer.alloc(0);
  const read = () => {
    bytes = Buffer.concat([bytes, pipe.read()]);
    return bytes.toString('utf8');
  };
  const readUntil = (end: string) => eventually(`${end} to come`, () => read().endsWith(end));
  return { pipe, stream, read, readUntil };
}

describe.each(['blocking', 'non-blocking'] as const)('a stream into a %s pipe', (kind) => {
  it('writes lines in their order, and says when all are written', async () => {
    const { stream, read } = openStream(kind);
    const lines = numbered(500);
    for (const line of lines) stream.write(line);
    await stream.flush();
    expect(read()).toBe(lines.join(''));
    stream.write('after\n');
    await stream.flush();
    expect(read()).toBe(`${lines.join('')}after\n`);
    expect(stream.dropped).toBe(0);
  });

  it('does not wait for a slow reader, keeps 10,000 lines for it, and drops and counts the others', async () => {
    const { stream, read, readUntil } = openStream(kind);
    const lines = numbered(12_000);
    stream.write(longLine);
    for (const line of lines) stream.write(line);
    expect(stream.dropped).toBe(2000);
    let isFlushed = false;
    const flushed = stream.flush().then(() => (isFlushed = true));
    await Promise.resolve();
    expect(isFlushed).toBe(false);
    await readUntil('line 9999\n');
    await flushed;
    expect(read() === longLine + lines.slice(0, 10_000).join('')).toBe(true);
    stream.write('after\n');
    await stream.flush();
    await readUntil('line 9999\nafter\n');
    expect(stream.dropped).toBe(2000);
  });

  it('keeps a line of several bytes a character whole, wherever the pipe is full', async () => {
    const { stream, read, readUntil } = openStream(kind);
    const line = `x${'€'.repeat(50_000)}\n`;
    stream.write(line);
    stream.write(line);
    stream.write('end\n');
    await readUntil('end\n');
    // Not `toBe`: it would print all of it.
    expect(read() === `${line}${line}end\n`).toBe(true);
  });
});

describe('a stream that nobody reads any more', () => {
  it('does not fail, does not keep a flush waiting, and counts every line as dropped', async () => {
    const { pipe, stream } = openStream('non-blocking');
    pipe.stopReading();
    for (const line of numbered(5)) stream.write(line);
    await stream.flush();
    expect(stream.dropped).toBe(5);
    stream.write('one more\n');
    await stream.flush();
    expect(stream.dropped).toBe(6);
  });

  it('is the same for a file descriptor that is none', async () => {
    const stream = new BoundedStream(1_000_000);
    stream.write('lost\n');
    await stream.flush();
    expect(stream.dropped).toBe(1);
  });
});
