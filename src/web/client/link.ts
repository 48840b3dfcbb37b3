import type { PageInput } from '../view/question.js';

/** What the fragment of a link carries: `#v1.` and compressed JSON, in the alphabet of URLs. It is not sent to any
 *  server. */
const prefix = '#v1.';

/** The fragment that carries that input. */
export async function fragmentOf(input: PageInput): Promise<string> {
  const bytes = await pipe(
    new TextEncoder().encode(JSON.stringify(input)),
    new CompressionStream('deflate-raw'),
  );
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return prefix + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The input that a fragment carries; undefined where it carries none, or one that is broken. */
export async function inputOf(fragment: string): Promise<PageInput | undefined> {
  if (!fragment.startsWith(prefix)) return undefined;
  try {
    const binary = atob(fragment.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const text = new TextDecoder().decode(await pipe(bytes, new DecompressionStream('deflate-raw')));
    return checkInput(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function pipe(
  bytes: Uint8Array<ArrayBuffer>,
  through: ReadableWritablePair<Uint8Array<ArrayBuffer>, BufferSource>,
): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Anybody can write a link. */
function checkInput(value: unknown): PageInput | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { manifests, policyName, ownPolicy, mode, guide } = value as Readonly<Record<string, unknown>>;
  if (typeof manifests !== 'string') return undefined;
  return {
    manifests,
    policyName: typeof policyName === 'string' ? policyName : '',
    ownPolicy: typeof ownPolicy === 'string' ? ownPolicy : undefined,
    mode: mode === 'enforce' || mode === 'warn' || mode === 'audit' ? mode : '',
    guide: typeof guide === 'string' ? guide : '',
  };
}
