import type { Position } from '../errors.js';
import { clean } from './words.js';

/** Longest part of a line that is shown, in characters. */
const maxLength = 90;

/** The line of a text in which a position is, and a caret below its column. Empty where the text has no such line. */
export function excerptOf(text: string, { line, column }: Position): string[] {
  const whole = text.split('\n', line)[line - 1];
  if (whole === undefined || whole.trim() === '') return [];
  // A long line, such as JSON without line breaks, is shown around the place.
  const from = Math.max(0, Math.min(column - 1 - maxLength / 2, whole.length - maxLength));
  const shown = clean(whole.slice(from, from + maxLength).replaceAll('\t', ' ')).trimEnd();
  const number = String(line);
  const caret = ' '.repeat(column - 1 - from);
  return [`  ${number} | ${shown}`, `  ${' '.repeat(number.length)} | ${caret}^`];
}
