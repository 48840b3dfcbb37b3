import type { NamespaceFacts } from '../kubernetes.js';
import { openApiDocument } from '../openapi/document.js';
import type { OperationsOptions, PreviewRequest, Rendered } from '../server/operations.js';
import { contentSecurityPolicy, pageFiles } from '../web/page.js';
import type { PreviewJob, PreviewOutcome } from './previewAnswer.js';
import { previewPage } from './previewPage.js';
import type { ServeFlags } from './serveFlags.js';
import type { Sources } from './sources.js';

/** What a preview over HTTP needs of the flags and of what the webhook reads. */
type Flags = Pick<ServeFlags, 'defaultPolicy' | 'mode'>;
type Known = Pick<Sources, 'policies' | 'facts'>;

/** Does the work of a preview. */
type Answer = (job: PreviewJob) => Promise<PreviewOutcome>;

/** The page, the preview and their description, as the operations listener takes them. `folder` holds the files of the
 *  page. */
export function openPreview(
  flags: Flags,
  known: Known,
  answer: Answer,
  folder: string,
): Pick<OperationsOptions, 'page' | 'pageFiles' | 'pagePolicy' | 'preview' | 'openapi'> {
  return {
    page: () => previewPage(known.policies(), flags),
    pageFiles: { folder, names: pageFiles },
    pagePolicy: contentSecurityPolicy,
    openapi: openApiDocument,
    preview: (request) => preview(request, flags, known, answer),
  };
}

/** Most times that more is found to be lacking: a preview that lacks nothing but namespaces knows all of them at once. */
const maxRounds = 3;

/** Only this thread knows the cluster, so that a preview is asked again with the facts that it lacked. */
async function preview(
  request: PreviewRequest,
  { defaultPolicy, mode }: Flags,
  known: Known,
  answer: Answer,
): Promise<Rendered> {
  const policies = [...known.policies().values()].map(({ document }) => document);
  const today = new Date().toISOString().slice(0, 10);
  const facts = known.facts && new Map<string, NamespaceFacts | null>();
  const job: PreviewJob = { request, policies, defaultPolicy, mode, facts, today };
  for (let round = 0; round < maxRounds; round++) {
    const outcome = await answer(job);
    if (outcome.kind === 'rendered') return outcome.rendered;
    for (const name of outcome.namespaces) facts?.set(name, known.facts?.get(name) ?? null);
  }
  throw new RangeError('a preview goes on lacking facts that it was given');
}
