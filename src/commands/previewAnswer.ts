import { messageOf, UsageError } from '../errors.js';
import type { NamespaceFacts } from '../kubernetes.js';
import { renderChecklists } from '../outputs/checklist.js';
import { renderDiff } from '../outputs/diff.js';
import { renderJson } from '../outputs/json.js';
import { renderPatch } from '../outputs/patch.js';
import { renderSarif } from '../outputs/sarif.js';
import { renderText } from '../outputs/text.js';
import { renderYaml } from '../outputs/yaml.js';
import { parsePolicyFiles } from '../policy/load.js';
import type { NamespaceMode } from '../policy/plan.js';
import { compilePolicies, type PolicySet } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';
import { checkPolicyName, defaultPolicyOf, guideNamed } from '../preview/choices.js';
import { readNamespaceFiles } from '../preview/namespaces.js';
import { preview, type Preview } from '../preview/preview.js';
import { type Question, readQuestion } from '../preview/question.js';
import { readDocuments } from '../preview/yaml.js';
import type { PreviewRequest, Rendered } from '../server/operations.js';
import { previewPage } from './previewPage.js';
import { answerReview } from './previewReview.js';

/** A request for a preview over HTTP, and all that its answer depends on: it can be sent to another thread. */
export interface PreviewJob {
  readonly request: PreviewRequest;
  /** The webhook's policies. */
  readonly policies: readonly PolicyDocument[];
  /** Policy and mode of a namespace that names none. */
  readonly defaultPolicy: string;
  readonly mode: NamespaceMode;
  /** What the cluster says of namespaces, as far as it has been asked: null where it knows nothing of one. Undefined
   *  without a cluster. */
  readonly facts: ReadonlyMap<string, NamespaceFacts | null> | undefined;
  /** UTC date, YYYY-MM-DD. */
  readonly today: string;
}

/** What came of it: an answer, or the names of namespaces that must be known of first. */
export type PreviewOutcome =
  | { readonly kind: 'rendered'; readonly rendered: Rendered & { readonly body: string } }
  | { readonly kind: 'lacking'; readonly namespaces: readonly string[] };

/** Largest preview over HTTP, in containers. */
const maxContainers = 1000;

/** The answer to a request. Goes through the same plan and the same engine as reviews. Rejects with an InputError for
 *  bad input. */
export async function answerPreview(job: PreviewJob): Promise<PreviewOutcome> {
  const question = readQuestion(job.request);
  if (question.isReview) return answerReview(job);
  const own = question.policies && readPolicies(question.policies);
  const policies = compilePolicies(own ?? job.policies);
  checkPolicyName(question.policyName, policies, 'policy');
  const defaultPolicy = own === undefined ? job.defaultPolicy : defaultPolicyOf(own, 'default');
  const lacking = new Set<string>();
  const shown = show(question, { ...job, defaultPolicy }, policies, lacking);
  if (lacking.size > 0) return { kind: 'lacking', namespaces: [...lacking] };
  return { kind: 'rendered', rendered: render(question, shown, policies, job) };
}

const renderers: Readonly<Record<string, { contentType: string; render: (shown: Preview) => string }>> = {
  'application/json': { contentType: 'application/json', render: renderJson },
  'application/json-patch+json': { contentType: 'application/json-patch+json', render: renderPatch },
  'application/sarif+json': { contentType: 'application/sarif+json', render: renderSarif },
  'application/yaml': { contentType: 'application/yaml; charset=utf-8', render: renderYaml },
  'text/x-diff': { contentType: 'text/x-diff; charset=utf-8', render: renderDiff },
  'text/plain': { contentType: 'text/plain; charset=utf-8', render: renderText },
};

/** Of a guide there is a checklist, and JSON with all else that there is to say. */
const guideRenderers: typeof renderers = {
  'application/json': { contentType: 'application/json', render: renderJson },
  'text/plain': { contentType: 'text/plain; charset=utf-8', render: renderChecklists },
};

function noGuideAs(accept: string): UsageError {
  const expected = `Accept: ${Object.keys(guideRenderers).join(' or ')}`;
  return new UsageError({ where: 'guide', expected, found: accept });
}

function render(
  question: Question,
  shown: Preview,
  policies: PolicySet,
  job: PreviewJob,
): Rendered & { readonly body: string } {
  const { accept } = job.request;
  if (question.isForm || accept === 'text/html') {
    const checklist = question.guide !== undefined && { checklist: renderChecklists(shown) };
    const shownAs = { report: renderText(shown), diff: renderDiff(shown), ...checklist };
    const result = {
      ...(shown.items.length > 0 && { shown: shownAs }),
      faults: [...shown.faults, ...shown.warnings].map(messageOf),
    };
    return { contentType: 'text/html; charset=utf-8', body: previewPage(policies, job, question, result) };
  }
  const renderer = (question.guide === undefined ? renderers : guideRenderers)[accept];
  if (renderer === undefined && question.guide !== undefined) throw noGuideAs(accept);
  if (renderer === undefined) throw new RangeError(`no preview as ${accept}`);
  const [fault] = shown.faults;
  // Only JSON and SARIF have a place for faults beside what could be read.
  const hasPlace = accept === 'application/json' || accept === 'application/sarif+json';
  if (fault !== undefined && (shown.items.length === 0 || !hasPlace)) throw fault;
  return { contentType: renderer.contentType, body: renderer.render(shown) };
}

/** The preview's reader looks at it first: it bounds depth and aliases, which a policy file of ours need not. */
function readPolicies(texts: readonly string[]): PolicyDocument[] {
  const fileOf = (index: number) => (texts.length === 1 ? 'policy' : `policy[${index}]`);
  const files = texts.map((text, index) => ({ file: fileOf(index), text }));
  for (const { text, file } of files) {
    const [fault] = readDocuments(text, file).faults;
    if (fault !== undefined) throw fault;
  }
  return parsePolicyFiles(files);
}

/** Adds to `lacking` the namespaces of which the cluster should have been asked. */
function show(
  { manifests, policyName, mode, namespace, namespaceManifests, guide }: Question,
  job: PreviewJob,
  policies: PolicySet,
  lacking: Set<string>,
): Preview {
  const given =
    namespaceManifests === undefined
      ? undefined
      : readNamespaceFiles([{ file: 'namespace', text: namespaceManifests }], namespace);
  const [fault] = given?.faults ?? [];
  if (fault !== undefined) throw fault;
  return preview(manifests, 'input', {
    policies,
    defaultPolicy: job.defaultPolicy,
    mode: job.mode,
    namespace: namespace ?? given?.only,
    facts: (name) => given?.facts.get(name) ?? liveFacts(name, job, lacking),
    chosen: { mode, policy: policyName },
    maxContainers,
    guide: guide === undefined ? undefined : guideNamed(guide, 'guide'),
    today: job.today,
  });
}

function liveFacts(name: string, { facts }: PreviewJob, lacking: Set<string>): NamespaceFacts | undefined {
  if (facts === undefined) return undefined;
  if (!facts.has(name)) lacking.add(name);
  return facts.get(name) ?? undefined;
}
