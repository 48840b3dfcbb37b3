import { diffArrays } from 'diff';

/** Lines of a text that a change has taken out, each without the line, among those that came there, that still holds
 *  all of it. Empty where the change only added lines, or to a line. */
export function lostLines(before: string, after: string): string[] {
  const lost: string[] = [];
  let removed: string[] = [];
  for (const { value, added: isAdded, removed: isRemoved } of diffArrays(
    before.split('\n'),
    after.split('\n'),
  )) {
    if (isRemoved) {
      removed = value;
    } else {
      lost.push(...withoutHeirs(removed, isAdded ? value : []));
      removed = [];
    }
  }
  return [...lost, ...removed];
}

function withoutHeirs(removed: readonly string[], added: readonly string[]): string[] {
  let next = 0;
  return removed.filter((line) => {
    if (isEmptyValue(line)) return false;
    const index = added.findIndex((candidate, at) => at >= next && holds(candidate, line));
    if (index !== -1) next = index + 1;
    return index === -1;
  });
}

/** Whether a line is an empty value by itself, whose place another takes. */
function isEmptyValue(line: string): boolean {
  return /^(?:\{\}|\[\])$/.test(line.trim());
}

/** Whether a line has all characters of another in their order, but for an empty value, which a value replaces. */
function holds(line: string, part: string): boolean {
  if (indentOf(line) !== indentOf(part)) return false;
  const wanted = part.trim().replace(/: *(?:~|null|Null|\{\}|\[\])(?= *(?:#|$))/, ':');
  let from = 0;
  for (const character of wanted.replaceAll(/[ \r]/g, '')) {
    from = line.indexOf(character, from) + 1;
    if (from === 0) return false;
  }
  return true;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
