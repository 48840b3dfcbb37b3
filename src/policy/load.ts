import { isMap, isPair, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { z } from 'zod';
import { type Complaint, messageOf, type Position, PolicyError } from '../errors.js';
import { didYouMean } from './nearest.js';
import { type PolicyDocument, policyJsonSchema, policySchema } from './schema.js';

/** Policies of one text.
 *  @throws PolicyError with file, line and column of the first fault. An unknown key is one, so that a typo never
 *  switches a control off */
export function parsePolicies(text: string, file: string): PolicyDocument[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, schema: 'core', prettyErrors: false });
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
    return value === null ? [] : [checkDocument(value, document, lineCounter, file)];
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
    const known = keysAt(issue.path);
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
    const advice = didYouMean(String(valueAt(value, issue.path)), options);
    return { where, expected: options.join(', '), found, ...(advice !== undefined && { advice }) };
  }
  return {
    where,
    expected: issue.message
      .replace(/^Invalid input: /, '')
      .replace(/^expected /, '')
      .replace(/, received .*$/, ''),
    found,
  };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a mapping' : JSON.stringify(value);
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let node: SchemaNode | undefined = policyJsonSchema();
  for (const key of path) node = typeof key === 'number' ? node?.items : node?.properties?.[String(key)];
  return Object.keys(node?.properties ?? {});
}

/** Where the fault stands: the unknown key itself, else the value, else the nearest thing around it. */
function positionOf(
  issue: z.core.$ZodIssue,
  document: Document,
  lineCounter: LineCounter,
  file: string,
): Position {
  for (let depth = issue.path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(issue.path.slice(0, depth), true);
    if (issue.code === 'unrecognized_keys' && isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && String(item.key) === issue.keys[0]);
      const range = (pair?.key as { range?: [number, number, number] } | undefined)?.range;
      if (range) return placeOf(range[0], lineCounter, file);
    }
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range) return placeOf(range[0], lineCounter, file);
  }
  return { file, line: 1, column: 1 };
}

function placeOf(offset: number, lineCounter: LineCounter, file: string): Position {
  const { line, col } = lineCounter.linePos(offset);
  return { file, line, column: col };
}
