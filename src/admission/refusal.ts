import { groupFlags } from '../hardening/explain.js';
import type { Finding } from '../hardening/report.js';
import { annotationKeys, labelKeys, type NamespaceFacts } from '../kubernetes.js';
import { controlOf } from '../policy/catalogue.js';
import type { NoticeCode } from '../policy/notices.js';
import { readGrant } from '../policy/optOut.js';
import type { Plan } from '../policy/plan.js';
import { shorten } from '../shorten.js';
import { clean, describeGroup } from './warnings.js';

/** Why a pod is refused. */
export interface Grounds {
  readonly namespace: string;
  readonly facts: NamespaceFacts;
  readonly plan: Plan;
  /** What its policy denies. */
  readonly denied: readonly Finding[];
  /** What hardening would have changed. */
  readonly missed: readonly Finding[];
}

/** Lines of one message, and characters of one line: a pod may be made of what is denied. */
const maxLines = 20;
const maxLine = 1000;

/** What the person is told: first a sentence, then a line for each thing, then how to be let through all the same. */
export function refusalMessage(grounds: Grounds): string {
  const { denied, missed } = grounds;
  const found = [...denied.flatMap(linesOf), ...(missed.length > 0 ? linesOfMissed(missed) : [])];
  const more = found.length - maxLines;
  const lines = more > 0 ? [...found.slice(0, maxLines), `and ${more} more of the kind`] : found;
  const all = [...lines, ...optOutLines(grounds)].map((line) => `- ${shorten(clean(line), maxLine)}`);
  return [sentenceOf(grounds), ...all].join('\n');
}

/** The controls that the pod is refused by, for metrics and log. */
export function refusedBy({ denied, missed }: Pick<Grounds, 'denied' | 'missed'>): string[] {
  return [...controlsOf(denied), ...(missed.length > 0 ? ['requireHardened'] : [])];
}

function controlsOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ control }) => control))];
}

function sentenceOf({ namespace, plan: { policy }, denied }: Grounds): string {
  const where = `policy ${policy} in namespace ${namespace}`;
  if (denied.length > 0) return `${where} refuses the pod for ${controlsOf(denied).join(', ')}`;
  return `${where} takes hardened pods only, and podtemper did not get to harden this one`;
}

function linesOf({ control, decision }: Finding): string[] {
  if (decision.kind !== 'flag') return [];
  const lines = groupFlags(decision, controlOf(control)).map(
    (group) => `${control}: ${describeGroup(group)}`,
  );
  return decision.more > 0 ? [...lines, `${control}: and ${decision.more} more of the kind`] : lines;
}

function linesOfMissed(missed: readonly Finding[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { target, control } of missed) targets.set(target, [...(targets.get(target) ?? []), control]);
  return [
    ...Array.from(targets, ([target, controls]) => `not hardened: ${target} lacks ${controls.join(', ')}`),
    'its mutating webhook was away or too late; create the pod again, as a controller does by itself',
  ];
}

/** What says that an opt-out of the pod does not count, or why. */
const aboutOptOuts: ReadonlySet<NoticeCode> = new Set([
  'unknownAnnotation',
  'unknownControl',
  'optOutDenied',
  'optOutNeedsReason',
  'optOutNeedsExpiry',
  'optOutExpired',
  'badDate',
]);

function optOutLines({ namespace, facts, plan, denied, missed }: Grounds): string[] {
  const { notices, optOutRules, policy } = plan;
  const faults = notices.filter(({ code }) => aboutOptOuts.has(code)).map(({ text }) => text);
  if (!optOutRules.allowed) return [...faults, `policy ${policy} lets no pod opt out`];
  const isGranted = readGrant(facts);
  const controls = [...new Set([...controlsOf(denied), ...controlsOf(missed)])];
  const granted = controls.filter(isGranted);
  const others = controls.filter((id) => !isGranted(id));
  return [
    ...faults,
    ...(granted.length > 0 ? [invitation(granted, plan)] : []),
    ...(others.length > 0
      ? [
          `namespace ${namespace} lets no pod opt out of ${others.join(', ')}: its label ${labelKeys.optOut} would have to ` +
            `grant that`,
        ]
      : []),
  ];
}

function invitation(
  controls: readonly string[],
  { optOutRules: { requireReason, requireExpiry } }: Plan,
): string {
  const reason = `${requireReason ? ', with' : ', best with'} ${annotationKeys.optOutReason}: <why>`;
  const expiry = requireExpiry ? ` and ${annotationKeys.optOutUntil}: <last day, such as 2027-01-31>` : '';
  return (
    `to opt out, if it has to be so: the annotation ${annotationKeys.optOut}: ${controls.join(',')}${reason}${expiry}, ` +
    `in the pod template where there is one`
  );
}
