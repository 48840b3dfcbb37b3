import { guides } from '../guides/index.js';
import { namespaceModes } from '../policy/plan.js';
import type { PolicySet } from '../policy/policy.js';
import type { Question } from '../preview/question.js';
import { examples } from '../web/examples.js';
import { renderPage } from '../web/page.js';
import type { PlainResult } from '../web/plainResult.js';
import type { PageSettings } from '../web/view/question.js';
import type { ServeFlags } from './serveFlags.js';

/** The page of a webhook with those policies: what was asked and what came of it, or what it begins with. */
export function previewPage(
  policies: PolicySet,
  flags: Pick<ServeFlags, 'defaultPolicy' | 'mode'>,
  question?: Question,
  result?: PlainResult,
): string {
  const settings: PageSettings = {
    policies: [...policies.values()].map(({ document }) => document),
    defaultPolicy: flags.defaultPolicy,
    mode: flags.mode,
  };
  return renderPage({
    manifests: question?.manifests ?? examples[0].manifests,
    policy: {
      names: [...policies.keys()],
      chosen: question?.policyName,
      otherwise: flags.defaultPolicy,
    },
    mode: { names: namespaceModes, chosen: question?.mode, otherwise: flags.mode },
    guide: { guides, chosen: question?.guide },
    settings,
    ...(result && { result }),
    isServed: true,
  });
}
