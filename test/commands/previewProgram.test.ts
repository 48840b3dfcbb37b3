import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, it, jest } from '@jest/globals';
import { program } from '../server/program.js';

// A process of its own takes its time to start where others are busy.
jest.setTimeout(30_000);

const pod =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: app, image: busybox}]}\n';

/** Runs the built program as a shell does. */
async function run(words: readonly string[], stdin: string, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, 'preview', ...words], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  child.stdin.end(stdin);
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { stdout, stderr, code };
}

describe('the program', () => {
  it('previews what is piped into it, without colours in a pipe', async () => {
    const { stdout, stderr, code } = await run([], pod);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^Pod web: 1 container, 6 controls change it/);
    expect(stdout).not.toContain('\u001B');
  });

  it('hardens what it has hardened no further', async () => {
    const once = await run(['-', '-o', 'yaml'], pod);
    const twice = await run(['-', '-o', 'yaml'], once.stdout);
    expect(once.stdout).toContain('runAsNonRoot: true');
    expect(twice).toEqual(once);
  });

  it('ends with 2 for input that cannot be read', async () => {
    const { stdout, stderr, code } = await run([], 'a: [\n');
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^podtemper: stdin:2:1: manifest: expected YAML, found/);
  });

  it('ends with 2 for wrong usage', async () => {
    const { stderr, code } = await run(['--outptu', 'json'], pod);
    expect({ stderr, code }).toEqual({
      stderr: "error: unknown option '--outptu'\n(Did you mean --output?)\n",
      code: 2,
    });
  });

  it('explains itself', async () => {
    const { stdout, code } = await run(['--help'], '');
    expect(code).toBe(0);
    for (const flag of [
      '--output',
      '--policy',
      '--policy-name',
      '--mode',
      '--namespace-file',
      '--no-color',
    ]) {
      expect(stdout).toContain(flag);
    }
  });

  it('ends quietly where its reader has read enough', async () => {
    const pods = Array.from({ length: 200 }, (_, index) => pod.replace('web', `web-${index}`)).join('---\n');
    const child = spawn(process.execPath, [program, 'preview', '-o', 'json'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    child.stdin.end(pods);
    child.stdout.once('data', () => child.stdout.destroy());
    expect({ stderr: await text(child.stderr), code: await ended }).toEqual({ stderr: '', code: 0 });
  });

  it('writes all of a long answer before it ends', async () => {
    const pods = Array.from({ length: 200 }, (_, index) => pod.replace('web', `web-${index}`)).join('---\n');
    const { stdout, code } = await run(['-o', 'json'], pods);
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(1_000_000);
    expect((JSON.parse(stdout) as { items: object[] }).items).toHaveLength(200);
  });
});
