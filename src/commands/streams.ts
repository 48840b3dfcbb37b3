import { styleText } from 'node:util';
import { type InputError, messageOf } from '../errors.js';
import { excerptOf } from '../outputs/excerpt.js';
import { plain, type Style } from '../outputs/style.js';
import type { ManifestFile } from '../preview/manifests.js';

/** The streams that a command reads and writes. */
export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** What the process ends with. */
  exitCode?: typeof process.exitCode;
}

export interface Output {
  write(text: string): unknown;
  readonly columns?: number;
  readonly isTTY?: boolean;
  /** Of a terminal only. Says no where NO_COLOR is set. */
  hasColors?(): boolean;
}

/** Colours, where they are wanted and the output is a terminal that has some. */
export function styleFor(output: Output, isWanted: boolean): Style {
  if (!isWanted || output.hasColors?.() !== true) return plain;
  return (format, text) => styleText(format, text, { validateStream: false });
}

/** Widest report, in characters: longer lines are hard to read. */
const maxWidth = 100;

/** How wide a report may be. */
export function widthOf({ columns }: Output): number {
  return Math.max(60, Math.min(columns || maxWidth, maxWidth));
}

/** Tells of a fault on the error stream, with the line that it is in. */
export function complain(
  fault: InputError,
  prefix: string,
  files: readonly ManifestFile[],
  { stderr }: Pick<Streams, 'stderr'>,
): void {
  const { position } = fault;
  const text = files.find(({ file }) => file === position?.file)?.text;
  const excerpt = position === undefined || text === undefined ? [] : excerptOf(text, position);
  stderr.write([`podtemper: ${prefix}${messageOf(fault)}`, ...excerpt].map((line) => `${line}\n`).join(''));
}
