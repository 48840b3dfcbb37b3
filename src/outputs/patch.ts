import type { Preview } from '../preview/preview.js';

/** The JSON Patch of the one object that is hardened, by itself; of several, a list that says whose each is. */
export function renderPatch({ items }: Preview): string {
  const hardened = items.filter(({ report }) => report !== undefined);
  const [only] = hardened;
  if (hardened.length === 1 && only !== undefined) return print(only.patch);
  return print(
    hardened.map(({ apiVersion, kind, name, namespace, patch }) => ({
      apiVersion,
      kind,
      name,
      namespace,
      patch,
    })),
  );
}

function print(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
