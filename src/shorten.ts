/** As much of a text as a person reads: at most `length` characters, of which the last may stand for the rest. */
export function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not in the middle of a character of two units.
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
