import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { runPreview } from './runPreview.js';
import { podManifest, ScratchFolder } from './scratchFolder.js';

const folder = new ScratchFolder();
beforeAll(async () => {
  await folder.open();
  for (const name of ['a', 'b', 'c']) await folder.write(`many/${name}.yaml`, podManifest(name));
});
afterEach(() => void jest.restoreAllMocks());
afterAll(() => folder.close());

/** As if each look at the clock came so many milliseconds after the last one. */
function letTimePass(milliseconds: number): void {
  let now = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => (now += milliseconds));
}

const erased = '\r\u001B[K';
const drawings = (stderr: string) => stderr.split(erased).filter((text) => text !== '');

describe('progress of podtemper preview', () => {
  it('is drawn in one line of a terminal, and is gone at the end', async () => {
    letTimePass(1000);
    const { stderr, stdout } = await runPreview([folder.pathOf('many')], { showsProgress: true });
    expect(drawings(stderr)).toEqual([
      ...[0, 1, 2].map((done) => `podtemper: reading ${done} of 3 files`),
      ...[0, 1, 2].map((done) => `podtemper: hardening ${done} of 3 files`),
    ]);
    expect(stderr.endsWith(erased)).toBe(true);
    expect(stdout).not.toContain('\u001B');
  });

  it('tells of what is written', async () => {
    letTimePass(1000);
    const { stderr } = await runPreview([folder.pathOf('many'), '--write'], { showsProgress: true });
    expect(drawings(stderr).slice(6)).toEqual(
      [0, 1, 2].map((done) => `podtemper: writing ${done} of 3 files`),
    );
  });

  it.each([
    ['in what is quick', 20, true],
    ['in a pipe', 1000, false],
  ])('says nothing %s', async (_where, milliseconds, showsProgress) => {
    letTimePass(milliseconds);
    const { stderr } = await runPreview([folder.pathOf('many')], { showsProgress });
    expect(stderr).toBe('');
  });
});
