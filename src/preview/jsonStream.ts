/** One JSON object of a text, and where it stands: offsets of its first character and of the one behind its last. */
export interface JsonObject {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
}

/** The objects of a text that holds nothing but JSON objects, one or several in a row, as kubectl accepts them;
 *  undefined for any other text. */
export function splitJson(text: string, maxDepth: number): JsonObject[] | undefined {
  const objects: JsonObject[] = [];
  for (let start = skipBlanks(text, 0); start < text.length;) {
    const end = endOfObject(text, start, maxDepth);
    const value = end === undefined ? undefined : parse(text.slice(start, end));
    if (end === undefined || value === undefined) return undefined;
    objects.push({ start, end, value });
    start = skipBlanks(text, end);
  }
  return objects.length > 0 ? objects : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No JSON: it is read as YAML, whose parser says what is wrong and where.
    return undefined;
  }
}

const blanks = ' \t\r\n\uFEFF';

function skipBlanks(text: string, start: number): number {
  let index = start;
  while (index < text.length && blanks.includes(text.charAt(index))) index++;
  return index;
}

/** Where the object that starts there ends; undefined where none does, or one nested too deeply. */
function endOfObject(text: string, start: number, maxDepth: number): number | undefined {
  if (text[start] !== '{') return undefined;
  let depth = 0;
  let isQuoted = false;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (isQuoted) {
      if (character === '\\') index++;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '{' || character === '[') {
      if (++depth > maxDepth) return undefined;
    } else if ((character === '}' || character === ']') && --depth === 0) return index + 1;
  }
  return undefined;
}
