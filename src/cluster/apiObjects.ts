export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is a JSON object: no array, no null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a member holds; an empty one where there is none. */
export function objectAt(value: unknown, key: string): JsonObject {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

/** The text that a member holds; an empty one where there is none. */
export function textAt(value: unknown, key: string): string {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : '';
}

/** One page of a list. */
export interface ListPage {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  /** Token of the next page; empty on the last one. */
  readonly continueToken: string;
}

/** The page that the API server's answer to a list holds.
 *  @throws Error when it is no list */
export function readList(answer: unknown): ListPage {
  const metadata = objectAt(answer, 'metadata');
  const items = isObject(answer) ? answer.items : undefined;
  // An empty list may be null: that is how Go writes a nil slice.
  if (!isObject(answer) || !('items' in answer) || !(items === null || Array.isArray(items))) {
    throw new Error(`list: expected an object with items, found ${JSON.stringify(answer).slice(0, 200)}`);
  }
  const page: readonly unknown[] = items ?? [];
  return {
    items: page,
    resourceVersion: textAt(metadata, 'resourceVersion'),
    continueToken: textAt(metadata, 'continue'),
  };
}
