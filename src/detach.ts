/** V8 copies a part of a text up to this length, in UTF-16 units, and only points into the whole text for a longer one. */
const longestCopied = 12;

/** The same text on its own, for what is remembered of somebody's input: a part of a longer text keeps all of that in
 *  memory. */
export function detach(text: string): string {
  return text.length <= longestCopied ? text : (JSON.parse(JSON.stringify(text)) as string);
}
