import { keysAt, type KnownKey, valuesAt } from '../../policy/keys.js';

/** What can be written where the cursor is in a policy. */
export interface PolicyHint {
  /** `spec.controls.resources`, or empty at the outside. */
  readonly path: string;
  readonly keys: readonly KnownKey[];
  readonly values: readonly string[];
}

/** The hint for a place in a policy that is written in block style, by the indentation of the lines above: the text
 *  need not be sound YAML while it is being written. */
export function policyHint(text: string, offset: number): PolicyHint {
  const lines = text.slice(0, offset).split('\n');
  const whole = text.split('\n')[lines.length - 1] ?? '';
  const path = pathAbove(lines.slice(0, -1), indentOf(whole));
  const key = keyOf(whole);
  const known = keysAt(path);
  const values = key === undefined ? [] : valuesAt([...path, key]);
  const taken = new Set(siblingsOf(text.split('\n'), lines.length - 1));
  return {
    path: path.join('.'),
    keys: values.length > 0 ? [] : known.filter((each) => !taken.has(each.key)),
    values,
  };
}

function pathAbove(lines: readonly string[], indent: number): (string | number)[] {
  const path: (string | number)[] = [];
  let limit = indent;
  for (const line of lines.toReversed()) {
    const key = keyOf(line);
    const found = indentOf(line);
    if (key === undefined || found > limit) continue;
    const isItem = line.trimStart().startsWith('-');
    if (found === limit && !isItem) continue;
    if (found < limit) path.unshift(key);
    if (isItem) path.unshift(0);
    limit = line.length - line.trimStart().length;
  }
  return path;
}

function siblingsOf(lines: readonly string[], at: number): string[] {
  const indent = indentOf(lines[at] ?? '');
  const siblings: string[] = [];
  const collect = (line: string): boolean => {
    if (line.trim() === '') return true;
    if (indentOf(line) < indent) return false;
    const key = keyOf(line);
    if (indentOf(line) === indent && key !== undefined) siblings.push(key);
    return true;
  };
  for (let index = at; index < lines.length && collect(lines[index] ?? ''); index++);
  for (let index = at - 1; index >= 0 && collect(lines[index] ?? ''); index--);
  return siblings;
}

/** Of an item of a list, that of its first key. */
function indentOf(line: string): number {
  return /^[\s-]*/.exec(line)?.[0].length ?? 0;
}

function keyOf(line: string): string | undefined {
  return /^[\s-]*([A-Za-z]\w*)\s*:/.exec(line)?.[1];
}
