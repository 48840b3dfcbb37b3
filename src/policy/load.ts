import { isMap, isPair, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { z } from 'zod';
import { type Complaint, messageOf, type Position, PolicyError } from '../errors.js';
import { describe } from '../shape.js';
import { keysAt } from './keys.js';
import { didYouMean } from './nearest.js';
import { type PolicyDocument, policySchema } from './schema.js';

/** A file of policies as it was read. */
export interface PolicyFile {
  readonly file: string;
  readonly text: string;
}

/** Policies of one text.
 *  @throws PolicyError as `parsePolicyFiles` */
export function parsePolicies(text: string, file: string): PolicyDocument[] {
  return parsePolicyFiles([{ file, text }]);
}

/** Policies of some files.
 *  @throws PolicyError with file, line and column of the first fault. An unknown key is one, so that a typo never
 *  switches a control off; so is a name that another policy has, of which one would be lost */
export function parsePolicyFiles(files: readonly PolicyFile[]): PolicyDocument[] {
  const names = new Map<string, Position>();
  return files.flatMap(({ file, text }) =>
    parseText(text, file).map(({ policy, position }) => {
      const { name } = policy.metadata;
      const other = names.get(name);
      if (other !== undefined) {
        const found = `"${name}" again, after ${other.file}:${other.line}:${other.column}`;
        const complaint = { where: 'metadata.name', expected: 'a name of its own', found };
        throw new PolicyError({ ...complaint, advice: 'rename one' }, position);
      }
      names.set(name, position);
      return policy;
    }),
  );
}

/** A policy, and where its name stands. */
interface PlacedPolicy {
  readonly policy: PolicyDocument;
  readonly position: Position;
}

function parseText(text: string, file: string): PlacedPolicy[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter,
    schema: 'core',
    resolveKnownTags: false,
    prettyErrors: false,
  });
  return [...documents].flatMap((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) {
      const position = placeOf(fault.pos[0], lineCounter, file);
      throw new PolicyError(
        { where: 'policy', expected: 'YAML', found: fault.message.toLowerCase() },
        position,
      );
    }
    const value = valueOf(document, lineCounter, file);
    if (value === null) return [];
    const policy = checkDocument(value, document, lineCounter, file);
    return [{ policy, position: positionAt(['metadata', 'name'], document, lineCounter, file) }];
  });
}

/** @throws PolicyError for an alias without an anchor, or for so many that they would fill the memory */
function valueOf(document: Document, lineCounter: LineCounter, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const position = placeOf(document.range?.[0] ?? 0, lineCounter, file);
    throw new PolicyError({ where: 'policy', expected: 'YAML', found: messageOf(cause) }, position, {
      cause,
    });
  }
}

function checkDocument(
  value: unknown,
  document: Document,
  lineCounter: LineCounter,
  file: string,
): PolicyDocument {
  const result = policySchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw new RangeError('a failed parse has no issue');
  throw new PolicyError(complain(issue, value), positionOf(issue, document, lineCounter, file));
}

function complain(issue: z.core.$ZodIssue, value: unknown): Complaint {
  const where = issue.path.join('.') || 'document';
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = keysAt(issue.path).map((each) => each.key);
    const advice =
      didYouMean(key, known) ?? (known.length > 0 ? `remove it, or use ${known.join(', ')}` : 'remove it');
    return {
      where: where === 'document' ? key : `${where}.${key}`,
      expected: 'a known key',
      found: `"${key}"`,
      advice,
    };
  }
  const found = describe(valueAt(value, issue.path));
  if (issue.code === 'invalid_value') {
    const options = issue.values.map(String);
    const wrong = valueAt(value, issue.path);
    const isBoolean = typeof wrong === 'boolean' && options.includes('off');
    const advice = isBoolean ? 'write it in quotes: "off"' : didYouMean(String(wrong), options);
    return { where, expected: options.join(', '), found, ...(advice !== undefined && { advice }) };
  }
  if (issue.code === 'invalid_key') {
    const [reason] = issue.issues;
    return { where, expected: expectationOf(reason ?? issue), found: `"${String(issue.path.at(-1))}"` };
  }
  return { where, expected: expectationOf(issue), found };
}

function expectationOf({ message }: { readonly message: string }): string {
  return message
    .replace(/^Invalid input: /, '')
    .replace(/^expected /, '')
    .replace(/, received .*$/, '');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

/** Where the fault stands: the unknown key itself, else the value, else the nearest thing around it. */
function positionOf(
  issue: z.core.$ZodIssue,
  document: Document,
  lineCounter: LineCounter,
  file: string,
): Position {
  const node: unknown = document.getIn(issue.path, true);
  if (issue.code === 'unrecognized_keys' && isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && String(item.key) === issue.keys[0]);
    const range = rangeOf(pair?.key);
    if (range !== undefined) return placeOf(range[0], lineCounter, file);
  }
  return positionAt(issue.path, document, lineCounter, file);
}

function positionAt(
  path: readonly PropertyKey[],
  document: Document,
  lineCounter: LineCounter,
  file: string,
): Position {
  for (let depth = path.length; depth >= 0; depth--) {
    const range = rangeOf(document.getIn(path.slice(0, depth), true));
    if (range !== undefined) return placeOf(range[0], lineCounter, file);
  }
  return { file, line: 1, column: 1 };
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  return (node as { range?: [number, number, number] | null } | undefined)?.range ?? undefined;
}

function placeOf(offset: number, lineCounter: LineCounter, file: string): Position {
  const { line, col } = lineCounter.linePos(offset);
  return { file, line, column: col };
}
