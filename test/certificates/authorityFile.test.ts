import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { dayMilliseconds } from '../../src/certificates/authority.js';
import { keepAuthority } from '../../src/certificates/authorityFile.js';
import { createSelfSigned } from '../../src/certificates/selfSigned.js';
import { cleanUp, newFolder } from '../server/program.js';
import { eventually } from './waiting.js';

afterEach(() => {
  jest.useRealTimers();
  cleanUp();
});

/** A source whose authority gets a successor within the year, kept in that file. */
async function keep(file: string, onError: (error: unknown) => void) {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const source = createSelfSigned({ names: ['127.0.0.1'] });
  await keepAuthority(file, source, onError);
  const first = source.caBundle;
  const untilSuccessor = () => {
    for (let day = 0; day < 365 && source.caBundle === first; day += 1)
      jest.advanceTimersByTime(dayMilliseconds);
    jest.useRealTimers();
    source.close();
    return source.caBundle;
  };
  return { first, untilSuccessor };
}

describe('the file with what clients must trust', () => {
  it('is written at once, and again when the authority has a successor', async () => {
    const file = join(newFolder(), 'ca.crt');
    const errors: unknown[] = [];
    const { first, untilSuccessor } = await keep(file, (error) => errors.push(error));
    expect(readFileSync(file, 'utf8')).toBe(first);
    const both = untilSuccessor();
    expect(both).toContain(first);
    expect(both.length).toBeGreaterThan(first.length);
    await eventually('the file to hold both', () => readFileSync(file, 'utf8') === both);
    expect(errors).toEqual([]);
  });

  it('is complained of where it cannot be written any more', async () => {
    const folder = newFolder();
    const errors: unknown[] = [];
    const { untilSuccessor } = await keep(join(folder, 'ca.crt'), (error) => errors.push(error));
    cleanUp();
    untilSuccessor();
    await eventually('an error', () => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'ENOENT' });
  });
});
