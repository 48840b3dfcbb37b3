import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { messageOf, UsageError } from '../errors.js';

/** How kubectl ended. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the kubectl of PATH to its end.
 *  @throws UsageError where it cannot be started */
export async function runKubectl(args: readonly string[], input: string): Promise<KubectlResult> {
  const child = spawn('kubectl', args, { stdio: 'pipe' });
  // What ends without reading its input is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? -1));
  });
  try {
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, stdout, stderr };
  } catch (cause) {
    const advice = 'install it, or run this as kubectl podtemper';
    throw new UsageError(
      { where: 'kubectl', expected: 'a program of that name on PATH', found: messageOf(cause), advice },
      undefined,
      { cause },
    );
  }
}
