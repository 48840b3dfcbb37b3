const key = '"managedFields":[';
const afterList = ']},"spec":';

/** `JSON.parse(text)` with the first list of `managedFields` emptied: who manages which field takes up to half of a
 *  review and of the time to parse it, and no control asks for it. What stands in the list is not looked at.
 *  @throws SyntaxError where the text is no JSON, with the positions of the text */
export function parseWithoutManagedFields(text: string): unknown {
  const short = withoutManagedFields(text);
  if (short.length === text.length) return JSON.parse(text);
  try {
    return JSON.parse(short);
  } catch {
    // The list was not what the API server writes, or something else is wrong: no error tells the place but this one.
    return JSON.parse(text);
  }
}

/** Cuts up to the first bracket that closes a list, if it is followed by what follows the list in what the API server
 *  writes. Where the text is JSON, a quotation mark between a comma or a brace and a letter begins a key. So both
 *  brackets are no part of a string, and the second closes the first; or it closes a list within that list, and then
 *  what is left has a bracket too many, so that it is no JSON. */
function withoutManagedFields(text: string): string {
  const found = text.indexOf(key);
  if (found < 1 || !isBeforeKey(text[found - 1])) return text;
  const start = found + key.length;
  const end = text.indexOf(']', start);
  return end !== -1 && text.startsWith(afterList, end) ? text.slice(0, start) + text.slice(end) : text;
}

function isBeforeKey(char: string | undefined): boolean {
  return char === ',' || char === '{';
}
