import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ProcessGroup } from '../../processes.js';
import { waitUntil } from '../../waiting.js';

/** A process that does harm, in place of the one that creates pods and must not be slowed down by it. */
export interface Attack {
  /** Waits until it has said the word, and gives the figures that came with it.
   *  @throws Error with what it wrote, where it has ended without */
  until(word: string, timeoutSeconds: number): Promise<Record<string, number>>;
  end(): Promise<void>;
}

/** By its address, for the process runs in a folder from which no package is found. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts a script of this folder, whose lines of output are a word and figures each: `open established=10`. */
export function startAttack(directory: string, script: string, args: readonly string[]): Attack {
  const name = `attack-${script}-${process.hrtime.bigint()}`;
  const processes = new ProcessGroup(directory);
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
  processes.start(name, process.execPath, ['--import', tsx, path, ...args]);
  return {
    async until(word, timeoutSeconds) {
      let line: string | undefined;
      const isSaid = async () => {
        const hasEnded = processes.failure();
        const text = await readFile(join(directory, `${name}.log`), 'utf8');
        line = text.split('\n').find((each) => each.startsWith(`${word} `));
        if (line === undefined && hasEnded !== undefined) throw new Error(hasEnded);
        return line !== undefined;
      };
      await waitUntil(`"${word}" of ${script}`, isSaid, { timeoutSeconds });
      return Object.fromEntries(
        (line ?? '')
          .split(' ')
          .slice(1)
          .map((figure) => figure.split('='))
          .map(([key = '', value]) => [key, Number(value)]),
      );
    },
    end: () => processes.stop(),
  };
}
