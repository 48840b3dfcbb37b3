import { messageOf, UsageError } from '../errors.js';
import { renderChecklists } from '../outputs/checklist.js';
import { renderDiff } from '../outputs/diff.js';
import { renderJson } from '../outputs/json.js';
import { renderPatch } from '../outputs/patch.js';
import { renderText } from '../outputs/text.js';
import { renderYaml } from '../outputs/yaml.js';
import { parsePolicies } from '../policy/load.js';
import { namespaceModes } from '../policy/plan.js';
import { compilePolicies, type PolicySet } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';
import { checkPolicyName, defaultPolicyOf, guideNamed } from '../preview/choices.js';
import { readNamespaceFiles } from '../preview/namespaces.js';
import { preview, type Preview } from '../preview/preview.js';
import { type Question, readQuestion } from '../preview/question.js';
import { readDocuments } from '../preview/yaml.js';
import type { OperationsOptions, Rendered } from '../server/operations.js';
import { renderPage, sampleManifest } from '../web/page.js';
import type { ServeFlags } from './serveFlags.js';
import type { Sources } from './sources.js';

/** What a preview over HTTP needs of the flags and of what the webhook reads. */
type Flags = Pick<ServeFlags, 'defaultPolicy' | 'mode'>;
type Known = Pick<Sources, 'policies' | 'facts'>;

/** Largest preview over HTTP, in containers. It shares the process with the reviews, which it must not keep waiting. */
const maxContainers = 1000;

/** The page and the preview, as the operations listener takes them. Previews go through the same plan and the same
 *  engine as reviews. */
export function openPreview(flags: Flags, known: Known): Pick<OperationsOptions, 'page' | 'preview'> {
  return {
    page: () => renderPage({ manifests: sampleManifest, ...choices(known.policies(), flags) }),
    preview: (request) => answer(readQuestion(request), request.accept, flags, known),
  };
}

const renderers: Readonly<Record<string, { contentType: string; render: (shown: Preview) => string }>> = {
  'application/json': { contentType: 'application/json', render: renderJson },
  'application/json-patch+json': { contentType: 'application/json-patch+json', render: renderPatch },
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

function answer(question: Question, accept: string, flags: Flags, known: Known): Rendered {
  const documents = question.policy === undefined ? undefined : readPolicy(question.policy);
  const policies = documents === undefined ? known.policies() : compilePolicies(documents);
  checkPolicyName(question.policyName, policies, 'policy');
  const defaultPolicy = documents === undefined ? flags.defaultPolicy : defaultPolicyOf(documents, 'default');
  const shown = show(question, policies, defaultPolicy, flags, known);
  if (question.isForm || accept === 'text/html') return answerPage(question, shown, policies, flags);
  const renderer = (question.guide === undefined ? renderers : guideRenderers)[accept];
  if (renderer === undefined && question.guide !== undefined) throw noGuideAs(accept);
  if (renderer === undefined) throw new RangeError(`no preview as ${accept}`);
  const [fault] = shown.faults;
  // Only JSON has a place for faults beside what could be read.
  if (fault !== undefined && (shown.items.length === 0 || accept !== 'application/json')) throw fault;
  return { contentType: renderer.contentType, body: renderer.render(shown) };
}

/** The preview's reader looks at it first: it bounds depth and aliases, which a policy file of ours need not. */
function readPolicy(text: string): PolicyDocument[] {
  const [fault] = readDocuments(text, 'policy').faults;
  if (fault !== undefined) throw fault;
  return parsePolicies(text, 'policy');
}

function show(
  { manifests, policyName, mode, namespace, namespaceManifests, guide }: Question,
  policies: PolicySet,
  defaultPolicy: string,
  flags: Flags,
  { facts: live }: Known,
): Preview {
  const given =
    namespaceManifests === undefined
      ? undefined
      : readNamespaceFiles([{ file: 'namespace', text: namespaceManifests }]);
  const [fault] = given?.faults ?? [];
  if (fault !== undefined) throw fault;
  return preview(manifests, 'input', {
    policies,
    defaultPolicy,
    mode: flags.mode,
    namespace: namespace ?? given?.only,
    facts: (name) => given?.facts.get(name) ?? live?.get(name),
    chosen: { mode, policy: policyName },
    maxContainers,
    guide: guide === undefined ? undefined : guideNamed(guide, 'guide'),
    today: new Date().toISOString().slice(0, 10),
  });
}

function answerPage(question: Question, shown: Preview, policies: PolicySet, flags: Flags): Rendered {
  const body = renderPage({
    manifests: question.manifests,
    ...choices(policies, flags, question),
    ...(shown.items.length > 0 && { result: { report: renderText(shown), diff: renderDiff(shown) } }),
    faults: [...shown.faults, ...shown.warnings].map(messageOf),
  });
  return { contentType: 'text/html; charset=utf-8', body };
}

/** What can be chosen on the page, and what was. */
function choices(policies: PolicySet, flags: Flags, { policyName, mode }: Partial<Question> = {}) {
  return {
    policy: { names: [...policies.keys()], chosen: policyName, otherwise: flags.defaultPolicy },
    mode: { names: namespaceModes, chosen: mode, otherwise: flags.mode },
  };
}
