import { detach } from '../detach.js';

const key = '"managedFields":[';

/** The JSON text with the first list of `managedFields` emptied where a controller has sent one like it before: who
 *  manages which field takes up to half of a review and a third of the time to parse it, and no control asks for it. The
 *  result is JSON where the text is, and only there. */
export function withoutManagedFields(text: string): string {
  const found = text.indexOf(key);
  if (found < 1 || !beginsKey(text, found)) return text;
  const start = found + key.length;
  // Where it stands in a string, or ends another list, what comes before it is no list.
  const end = text.indexOf(']', start);
  if (end === -1 || !areKnown(text.slice(start, end))) return text;
  return text.slice(0, start) + text.slice(end);
}

const comma = 0x2c;
const openBrace = 0x7b;

/** Whether the quotation mark there begins a key, and does not end a string or stand in one. */
function beginsKey(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  return before === comma || before === openBrace;
}

/** The items of a list that is JSON, but for the time in one of its strings. */
interface Items {
  readonly head: string;
  readonly tail: string;
}

/** By the UID of the controller that made the pod: its other pods have but another time there, and many come one after the
 *  other. Null where nothing is known yet but that one came, as of most. */
const known = new Map<string, Items | null>();
const mostKnown = 128;
/** In UTF-16 units: of one list, and of all that have been kept since they were last forgotten. */
const longestKnown = 64 * 1024;
const mostKept = 1024 * 1024;
let kept = 0;

const beforeTime = '"time":"';
const timeLength = '2026-11-27T00:00:00Z'.length;
const isTime = /^[0-9TZ:-]*$/;
const beforeUid = String.raw`"f:ownerReferences":{".":{},"k:{\"uid\":\"`;
/** Enough to tell most apart, and so short that V8 copies it (`detach`). */
const uidLength = 8;

/** Whether these are items of a list that is JSON, which is found out when they come a second time. */
function areKnown(items: string): boolean {
  const parts = partsOf(items);
  if (parts === undefined) return false;
  const { controller, head, tail } = parts;
  const before = known.get(controller);
  if (before?.tail === tail && before.head === head) return true;
  if (kept > mostKept || (before === undefined && known.size >= mostKnown)) forgetAll();
  const isSecond = before === null && isJson(`[${items}]`);
  known.set(controller, isSecond ? { head: detach(head), tail: detach(tail) } : null);
  if (isSecond) kept += items.length;
  return isSecond;
}

function forgetAll(): void {
  known.clear();
  kept = 0;
}

/** What is before and after the first time in the items, where a controller made the pod. */
function partsOf(items: string): (Items & { readonly controller: string }) | undefined {
  const time = items.indexOf(beforeTime);
  const uid = time === -1 ? -1 : items.indexOf(beforeUid, time);
  if (uid === -1 || items.length > longestKnown) return undefined;
  // A string begins there, if all is JSON: what cannot end it can take the place of the time.
  const start = time + beforeTime.length;
  const end = start + timeLength;
  if (!isTime.test(items.slice(start, end))) return undefined;
  const uidStart = uid + beforeUid.length;
  const controller = items.slice(uidStart, uidStart + uidLength);
  return { controller, head: items.slice(0, start), tail: items.slice(end) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
