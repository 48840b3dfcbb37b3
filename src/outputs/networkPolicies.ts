import { Document, isCollection } from 'yaml';
import type { Proposal, Proposals } from '../networkpolicy/policy.js';
import { wrap } from './words.js';

/** Longest line of a comment, without its indentation. */
const maxComment = 100;

/** NetworkPolicies as YAML, with the reason for each and for each of its rules as comments. */
export function renderNetworkPolicies({ remarks, proposals }: Proposals): string {
  const header = remarks.map(commentOf).join('#\n');
  return [header, ...proposals.map(renderProposal)].join('');
}

function commentOf(text: string): string {
  return wrap(text, maxComment)
    .map((line) => `# ${line}\n`)
    .join('');
}

function renderProposal({ policy, reason, ingressReasons, egressReasons }: Proposal): string {
  // A label `yes` is a text, and no part stands for another.
  const document = new Document(policy, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  explainRules(document, 'ingress', ingressReasons);
  explainRules(document, 'egress', egressReasons);
  return `---\n${commentOf(reason)}${document.toString({ lineWidth: 0 })}`;
}

function explainRules(document: Document, list: string, reasons: readonly string[]): void {
  for (const [index, reason] of reasons.entries()) {
    const rule = document.getIn(['spec', list, index], true);
    if (!isCollection(rule)) continue;
    rule.commentBefore = wrap(reason, maxComment - 6)
      .map((line) => ` ${line}`)
      .join('\n');
  }
}
