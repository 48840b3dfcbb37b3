import { annotationKeys, labelKeys, type NamespaceFacts } from '../kubernetes.js';
import { controlIds } from './catalogue.js';
import { didYouMean } from './nearest.js';
import { type Notice, type Notices, quote } from './notices.js';
import type { PolicyDocument } from './schema.js';
import { wordsOf } from './words.js';

/** What a pod's opt-out annotations come to. */
export interface OptOut {
  readonly controls: ReadonlySet<string>;
  readonly reason: string | undefined;
  /** Last day on which it counts, as YYYY-MM-DD. */
  readonly until: string | undefined;
}

/** What a policy demands of opt-outs. */
export type OptOutRules = PolicyDocument['spec']['optOut'];

const none: OptOut = { controls: new Set(), reason: undefined, until: undefined };

type Annotations = Readonly<Record<string, string>>;

/** The opt-out that counts, by annotation, policy, namespace and date. All that does not count is in a notice.
 *  `today` is a UTC date, YYYY-MM-DD. */
export function readOptOut(
  annotations: Annotations,
  policy: PolicyDocument,
  facts: NamespaceFacts,
  today: string,
  notices: Notices,
): OptOut {
  const asked = readAskedControls(annotations[annotationKeys.optOut], notices);
  const reason = annotations[annotationKeys.optOutReason]?.trim() || undefined;
  const until = annotations[annotationKeys.optOutUntil]?.trim() || undefined;
  if (asked.length === 0) return none;
  const refusal = refuse(policy.spec.optOut, reason, until, today);
  if (refusal !== undefined) {
    notices.add(refusal.code, () => refusal.text);
    return none;
  }
  const granted = readGrant(facts);
  const refused = asked.filter((id) => !granted(id));
  if (refused.length > 0) {
    const what = refused.length === controlIds.length ? 'its opt-out' : `opt-out of ${refused.join(', ')}`;
    notices.add(
      'optOutDenied',
      () => `${what} ignored: the namespace does not grant it (${labelKeys.optOut})`,
    );
  }
  return { controls: new Set(asked.filter(granted)), reason, until };
}

function readAskedControls(text: string | undefined, notices: Notices): string[] {
  if (text == null) return [];
  const asked: string[] = [];
  for (const word of wordsOf(text)) {
    if (word === 'all') asked.push(...controlIds);
    else if ((controlIds as readonly string[]).includes(word)) asked.push(word);
    else {
      notices.add('unknownControl', () => {
        const advice = didYouMean(word, [...controlIds, 'all']) ?? 'it names no control';
        return `${annotationKeys.optOut}: no control ${quote(word)}; ${advice}`;
      });
    }
  }
  return [...new Set(asked)];
}

function refuse(
  rules: OptOutRules,
  reason: string | undefined,
  until: string | undefined,
  today: string,
): Notice | undefined {
  if (!rules.allowed) return { code: 'optOutDenied', text: 'its opt-out is ignored: the policy allows none' };
  if (rules.requireReason && reason === undefined) {
    return {
      code: 'optOutNeedsReason',
      text: `its opt-out needs a reason: set ${annotationKeys.optOutReason}`,
    };
  }
  if (until === undefined) {
    if (!rules.requireExpiry) return undefined;
    return {
      code: 'optOutNeedsExpiry',
      text: `its opt-out needs a last day: set ${annotationKeys.optOutUntil}`,
    };
  }
  if (!isDate(until)) {
    return {
      code: 'badDate',
      text: `${annotationKeys.optOutUntil}: expected a date such as 2027-01-31, found ${quote(until)}`,
    };
  }
  return until < today
    ? { code: 'optOutExpired', text: `its opt-out ended on ${until} and no longer counts` }
    : undefined;
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The controls that the namespace lets its pods opt out of: all, none, or those in a list joined by dots. */
export function readGrant({ labels }: NamespaceFacts): (id: string) => boolean {
  const label = labels[labelKeys.optOut];
  if (label === undefined || label === 'allowed') return () => true;
  const granted = label.split('.');
  return (id) => granted.includes(id);
}

/** Tells what is wrong with the namespace's grant: a word that means nothing would grant nothing in silence. */
export function noticeGrant({ labels }: NamespaceFacts, notices: Notices): void {
  const label = labels[labelKeys.optOut];
  if (label === undefined || label === 'allowed' || label === 'denied') return;
  for (const word of label.split('.')) {
    if ((controlIds as readonly string[]).includes(word)) continue;
    notices.add('unknownGrant', () => {
      const advice = didYouMean(word, [...controlIds, 'allowed', 'denied']) ?? 'it grants nothing';
      return `${labelKeys.optOut} of the namespace: no control ${quote(word)}; ${advice}`;
    });
  }
}
