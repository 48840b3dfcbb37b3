import { execFile } from 'node:child_process';

/** A fenced block of a Markdown text. */
export interface Block {
  /** Language of the fence: `console`, `sh`, `yaml`. */
  readonly language: string;
  readonly text: string;
}

const fence = /^```(\w+)\n(.*?)^```$/gms;

export function blocksOf(markdown: string): Block[] {
  return Array.from(markdown.matchAll(fence), ([, language = '', text = '']) => ({ language, text }));
}

/** The commands of a console block, those lines that begin with `$ `. */
export function commandsOf({ text }: Block): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
}

/** The Markdown with each console block as its commands print it today. `run` gives what a command prints. */
export async function withOutputs(
  markdown: string,
  run: (command: string) => Promise<string>,
): Promise<string> {
  let result = '';
  let end = 0;
  for (const match of markdown.matchAll(fence)) {
    const [whole, language = '', text = ''] = match;
    if (language !== 'console') continue;
    let block = '```console\n';
    for (const command of commandsOf({ language, text })) block += `$ ${command}\n${await run(command)}`;
    result += `${markdown.slice(end, match.index)}${block}\`\`\``;
    end = match.index + whole.length;
  }
  return result + markdown.slice(end);
}

/** What a command prints to standard output, run by bash in the repository's root, where `podtemper` is the built
 *  program. @throws Error where it fails */
export function runAsWritten(command: string): Promise<string> {
  const script = `podtemper() { node dist/main.js "$@"; }; ${command}`;
  return new Promise((resolve, reject) => {
    execFile('bash', ['-euo', 'pipefail', '-c', script], (error, stdout, stderr) => {
      if (error) reject(new Error(`${command}: ${error.message}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
