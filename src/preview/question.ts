import { isMap, isSeq } from 'yaml';
import * as z from 'zod';
import { ManifestError, UsageError } from '../errors.js';
import { didYouMean } from '../policy/nearest.js';
import { type NamespaceMode, namespaceModes } from '../policy/plan.js';
import { isMapping } from '../shape.js';
import { hasAliases } from './aliases.js';
import { endOf, hasRange, pairOf, startOf } from './nodes.js';
import { readDocuments, type SourceDocument } from './yaml.js';

/** What a request for a preview asks for, whichever way it came. */
export interface Question {
  readonly manifests: string;
  /** A policy of the webhook's, by name. */
  readonly policyName: string | undefined;
  /** The texts of policies that count instead. */
  readonly policies: readonly string[] | undefined;
  readonly mode: NamespaceMode | undefined;
  /** A guide to go through, by name. */
  readonly guide: string | undefined;
  /** Name of the namespace of what names none. */
  readonly namespace: string | undefined;
  /** Manifests of namespaces, LimitRanges and quotas that count instead of live facts. */
  readonly namespaceManifests: string | undefined;
  readonly isForm: boolean;
  /** Whether the body is an AdmissionReview, to be answered as the API server is. */
  readonly isReview: boolean;
}

/** The parts of an HTTP request that matter. */
interface Request {
  readonly body: string;
  readonly query: Readonly<Record<string, string>>;
}

const parameters = ['policy', 'mode', 'namespace', 'guide', 'as', 'from'];

/** Reads a request: the manifests themselves, `{ manifests, policy, namespace }` around them, or the page's form.
 *  @throws InputError for what means nothing, such as an unknown parameter */
export function readQuestion({ body, query }: Request): Question {
  const unknown = Object.keys(query).find((name) => !parameters.includes(name));
  if (unknown !== undefined) {
    const advice = didYouMean(unknown, parameters) ?? `there is ${parameters.slice(0, -1).join(', ')}`;
    throw new UsageError({ where: 'query', expected: 'a known parameter', found: `"${unknown}"`, advice });
  }
  const asked = {
    manifests: body,
    policyName: query.policy,
    policies: undefined,
    mode: modeOf(query.mode),
    namespace: query.namespace,
    guide: query.guide,
    namespaceManifests: undefined,
    isForm: query.from === 'form',
    isReview: isReview(query),
  };
  if (asked.isReview) return asked;
  if (asked.isForm) return readForm(body, asked);
  if (isRunTogether(body)) {
    const advice = 'curl -d takes line breaks out, --data-binary leaves them in';
    throw new ManifestError({ where: 'body', expected: 'a manifest', found: 'its lines as one', advice });
  }
  return { ...asked, ...readInline(body) };
}

/** @throws UsageError for another form, and for a choice that a review leaves to its namespace */
function isReview({ as, ...others }: Request['query']): boolean {
  if (as === undefined) return false;
  if (as !== 'review') throw new UsageError({ where: 'as', expected: 'review', found: `"${as}"` });
  const [other] = Object.keys(others);
  if (other === undefined) return true;
  const expected = 'no other parameter beside as=review';
  const advice = 'a review names its namespace, which says the rest';
  throw new UsageError({ where: 'query', expected, found: `"${other}"`, advice });
}

/** Whether a text was YAML before its line breaks were taken out. In brackets it could be so from the start. */
function isRunTogether(body: string): boolean {
  return !/\n|^\s*[[{]/.test(body) && body.includes('apiVersion:') && body.includes('kind:');
}

function readForm(body: string, asked: Question): Question {
  const form = new URLSearchParams(body);
  const valueOf = (name: string) => form.get(name) || undefined;
  return {
    ...asked,
    // Forms end their lines in the way of mail.
    manifests: (valueOf('manifests') ?? '').replaceAll('\r\n', '\n'),
    policyName: valueOf('policy'),
    mode: modeOf(valueOf('mode')),
    guide: valueOf('guide'),
  };
}

const inlinePart = z.union([
  z.string(),
  z.record(z.string(), z.unknown()),
  z.array(z.record(z.string(), z.unknown())),
]);
type InlinePart = z.output<typeof inlinePart>;
/** All that a preview depends on, in one. */
export const inlineSchema = z.strictObject({
  manifests: inlinePart,
  policy: inlinePart.optional(),
  namespace: inlinePart.optional(),
});

/** What `{ manifests, policy, namespace }` says; undefined for what is a manifest itself. */
function readInline(body: string): Partial<Question> | undefined {
  // A look at the first key spares long manifests a second reading.
  if (!/^\s*(?:\{\s*)?["']?(?:manifests|policy|namespace)["']?\s*:/.test(body)) return undefined;
  const [document] = readDocuments(body, 'input').documents;
  const value = document?.value;
  if (document === undefined || !isMapping(value) || !('manifests' in value)) return undefined;
  const result = inlineSchema.safeParse(value);
  if (!result.success) throw inlineFault(result.error, value);
  const { manifests, policy, namespace } = result.data;
  const isName = typeof namespace === 'string' && /^[a-z0-9-]+$/.test(namespace);
  return {
    manifests: textOf(manifests),
    ...(policy !== undefined && { policies: policyTexts(policy, memberOf(document, 'policy'), body) }),
    ...(namespace !== undefined && (isName ? { namespace } : { namespaceManifests: textOf(namespace) })),
  };
}

function inlineFault({ issues: [issue] }: z.ZodError, value: object): ManifestError {
  const known = Object.keys(inlineSchema.shape);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const advice = didYouMean(unknown, known) ?? 'remove it';
    return new ManifestError({ where: 'input', expected: known.join(', '), found: `"${unknown}"`, advice });
  }
  const expected = 'a text, an object or a list of objects';
  return new ManifestError({ where: issue?.path.join('.') ?? 'input', expected, found: 'something else' });
}

/** Policies are not read as Kubernetes reads YAML, where `off` is false: what is written in place goes to their own
 *  reader as it is. */
function policyTexts(policy: InlinePart, node: unknown, body: string): string[] {
  if (typeof policy === 'string') return [policy];
  if (!Array.isArray(policy)) return [writtenText(node, body, true) ?? JSON.stringify(policy)];
  const nodes: readonly unknown[] = isSeq(node) ? node.items : [];
  return policy.map((object, index) => writtenText(nodes[index], body, false) ?? JSON.stringify(object));
}

/** The text of a mapping; undefined where it needs what stands elsewhere. One that stands alone keeps its line, by
 *  blanks for all that is before it: for each of several that would be too much, which keep their indentation. */
function writtenText(node: unknown, body: string, isAlone: boolean): string | undefined {
  if (!isMap(node) || !hasRange(node) || hasAliases(node)) return undefined;
  const start = startOf(node);
  const indented = node.flow === true ? start : body.lastIndexOf('\n', start) + 1;
  const before = body.slice(isAlone ? 0 : indented, start).replaceAll(/[^\n]/g, ' ');
  return before + body.slice(start, endOf(node));
}

function memberOf({ contents }: SourceDocument, key: string): unknown {
  return isMap(contents) ? pairOf(contents, key)?.value : undefined;
}

/** A list goes as one object after the other. */
function textOf(part: InlinePart): string {
  if (typeof part === 'string') return part;
  const objects = Array.isArray(part) ? part : [part];
  return objects.map((object) => JSON.stringify(object)).join('\n');
}

function modeOf(text: string | undefined): NamespaceMode | undefined {
  if (text === undefined) return undefined;
  const mode = namespaceModes.find((candidate) => candidate === text);
  if (mode !== undefined) return mode;
  throw new UsageError({ where: 'mode', expected: namespaceModes.join(', '), found: `"${text}"` });
}
