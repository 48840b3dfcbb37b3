import type { Style } from './style.js';

/** `1 container`, `2 containers`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Without characters that a terminal would obey instead of showing. */
export function clean(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]+/gu, ' ');
}

/** Lines of at most `width` characters, broken between words. A word that is longer has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of clean(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A text in a column of its own: `head` before its first line, blanks before the others. */
export function column(head: string, text: string, width: number, paint: (line: string) => string): string[] {
  const lines = wrap(text, width - head.length);
  return lines.map((line, index) => (index === 0 ? head : ' '.repeat(head.length)) + paint(line));
}

/** A painter for `column`. */
export function painter(style: Style, format: Parameters<Style>[0]): (line: string) => string {
  return (line) => style(format, line);
}

/** A value in the words of a manifest, on one line: `requests: {cpu: 50m}`. An item of a list goes by what tells it
 *  from the others: where it is mounted, or its name and value. */
export function spell(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spellItem).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${spellMembers(value)}}`;
}

/** The members of a mapping, without its braces. */
export function spellMembers(value: object): string {
  return Object.entries(value)
    .map(([key, member]) => `${key}: ${spell(member)}`)
    .join(', ');
}

function spellItem(item: unknown): string {
  if (typeof item !== 'object' || item === null) return spell(item);
  if ('mountPath' in item)
    return 'readOnly' in item ? `${spell(item.mountPath)} (read-only)` : spell(item.mountPath);
  if (!('name' in item)) return spell(item);
  return 'value' in item ? `${spell(item.name)}=${spell(item.value)}` : spell(item.name);
}
