import { gzipSync } from 'node:zlib';
import type { Corpus } from './corpus.js';
import {
  byteMutations,
  crowd,
  hugeString,
  lastTextMutations,
  textMutations,
  type TextMutation,
  wrongTypeAt,
} from './mutations.js';
import type { Random } from './random.js';
import type { FieldPath } from './readPaths.js';

/** One request to the program. */
export interface Attempt {
  /** What was done to make it, in order. */
  readonly made: readonly string[];
  readonly to: 'review' | 'preview' | 'pipeline' | 'raw';
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
  readonly path: string;
  /** Sent in chunks of that many bytes, without a length; all at once where it is undefined. */
  readonly chunkBytes: number | undefined;
}

const usualReview = {
  to: 'review',
  headers: { 'content-type': 'application/json' },
  method: 'POST',
  path: '/mutate?timeout=10s',
  chunkBytes: undefined,
} as const;

/** Makes requests, each from the random numbers that are given for it alone. */
export class AttemptMaker {
  readonly #corpus: Corpus;
  readonly #wrongType: TextMutation;

  constructor(corpus: Corpus, paths: readonly FieldPath[]) {
    this.#corpus = corpus;
    this.#wrongType = wrongTypeAt(paths);
  }

  make(random: Random): Attempt {
    const to = random.pickWeighted([
      [93, 'review'],
      [6, 'preview'],
      [0.5, 'pipeline'],
      [0.5, 'raw'],
    ] as const);
    const made: string[] = [];
    const whole = to === 'preview' ? this.#manifest(random, made) : this.#review(random, made);
    const preview = { headers: { 'content-type': previewType(whole) }, path: '/preview' };
    const path = random.next() < 0.25 ? '/validate?timeout=10s' : usualReview.path;
    const usual = { ...usualReview, path, ...(to === 'preview' && preview), made, to, body: whole };
    return random.next() < 0.05 ? strangeRequest(usual, random) : usual;
  }

  /** One of the requests that take most memory: once the program has had some, it has all that it needs. */
  makeLarge(random: Random): Attempt {
    const largest = random.pick([hugeString, crowd]);
    const body = Buffer.from(largest(random.pick(this.#corpus.reviews), random));
    return { ...usualReview, made: [largest.name], body };
  }

  #review(random: Random, made: string[]): Buffer {
    if (random.next() < 0.03) {
      made.push('json');
      return Buffer.from(random.pick(this.#corpus.json));
    }
    return spoil(random.pick(this.#corpus.reviews), made, random, [...textMutations, [40, this.#wrongType]]);
  }

  #manifest(random: Random, made: string[]): Buffer {
    const manifest = random.pick(this.#corpus.manifests);
    if (isJson(manifest) && random.next() < 0.3) {
      made.push('inline');
      return spoil(JSON.stringify({ manifests: manifest, policy: policyText }), made, random, textMutations);
    }
    return spoil(manifest, made, random, textMutations);
  }
}

const policyText = 'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: { name: default }\n';

function previewType(body: Buffer): string {
  return body[0] === 0x7b ? 'application/json' : 'application/yaml';
}

/** Now and then left as it is; mostly spoilt once or twice as JSON, then perhaps past being JSON, then as bytes. */
function spoil(
  whole: string,
  made: string[],
  random: Random,
  mutations: readonly (readonly [number, TextMutation])[],
): Buffer {
  let text = whole;
  const times = random.pick([0, 1, 1, 1, 1, 2, 2, 3]);
  for (let time = 0; time < times && isJson(text); time++) {
    const mutation = random.pickWeighted(mutations);
    made.push(mutation.name);
    text = mutation(text, random);
  }
  if (random.next() < 0.1 && isJson(text)) {
    const mutation = random.pickWeighted(lastTextMutations);
    made.push(mutation.name);
    text = mutation(text, random);
  }
  if (!isJson(whole) || random.next() < 0.2) {
    const mutation = random.pickWeighted(byteMutations);
    made.push(mutation.name);
    return mutation(Buffer.from(text), random);
  }
  return Buffer.from(text);
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Strangeness = (attempt: Attempt, random: Random) => Partial<Attempt>;

const strangenesses: Readonly<Record<string, Strangeness>> = {
  chunks: ({ body }, random) => ({ chunkBytes: 1 + random.below(body.length < 10_000 ? 1000 : 100_000) }),
  contentType: ({ headers }, random) => ({
    headers: {
      ...headers,
      'content-type': random.pick([
        'application/json; charset=utf-8',
        'APPLICATION/JSON',
        'application/json;',
        'application/jsonx',
        'text/plain',
        'multipart/form-data; boundary=x',
        '',
        'x'.repeat(5000),
      ]),
    },
  }),
  encoding: ({ headers, body }, random) => ({
    headers: {
      ...headers,
      'content-encoding': random.pick(['gzip', 'br', 'identity', 'x', 'gzip, gzip', '']),
    },
    ...(random.next() < 0.5 && { body: gzipSync(body, { level: 1 }) }),
  }),
  expect: ({ headers }, random) => ({
    headers: { ...headers, expect: random.pick(['100-continue', 'wonders']) },
  }),
  manyHeaders: ({ headers }, random) => ({
    headers: {
      ...headers,
      ...Object.fromEntries(
        Array.from({ length: random.pick([10, 900]) }, (_, index) => [
          `x-${index}`,
          'y'.repeat(random.pick([1, 20])),
        ]),
      ),
    },
  }),
  accept: ({ headers }, random) => ({
    headers: {
      ...headers,
      accept: random.pick(['text/html', 'application/yaml', 'text/x-diff', 'x', '*/*;q=0']),
    },
  }),
  method: (_attempt, random) => ({ method: random.pick(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) }),
  path: ({ path }, random) => ({
    path: random.pick([
      `${path}%`,
      '/mutate/',
      '/MUTATE',
      '//mutate',
      '/%ff',
      '/__proto__',
      `/${'a'.repeat(8000)}`,
    ]),
  }),
};

function strangeRequest(attempt: Attempt, random: Random): Attempt {
  const name = random.pick(Object.keys(strangenesses));
  const strange = strangenesses[name];
  return { ...attempt, made: [...attempt.made, name], ...strange?.(attempt, random) };
}
