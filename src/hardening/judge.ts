import { isWindows } from '../controls/kit/security.js';
import { annotationKeys, type NamespaceFacts, type Pod } from '../kubernetes.js';
import type { Plan } from '../policy/plan.js';
import { isDenied } from './explain.js';
import { harden } from './harden.js';
import { controlsInMark } from './mark.js';
import type { Finding, Report } from './report.js';

/** The changes that a pod lacks which hardening has passed by; none where it was hardened.
 *
 *  The pod is the final one: a webhook that was called after ours may have added containers and volumes, and then there
 *  is something to change though the pod was hardened. So a pod with our mark counts as hardened, as long as a control
 *  that the mark names finds one thing as it leaves it: the mark alone, in a manifest that was copied, is no proof. */
export function missedChanges(
  pod: Pod,
  { findings, changed }: Pick<Report, 'findings' | 'changed'>,
): readonly Finding[] {
  if (changed.length === 0) return [];
  const named = new Set(controlsInMark(pod.metadata?.annotations?.[annotationKeys.hardened] ?? ''));
  const isBorne = findings.some(({ control, decision }) => decision.kind === 'keep' && named.has(control));
  return isBorne
    ? []
    : findings.filter(({ mode, decision }) => mode === 'enforce' && decision.kind === 'change');
}

/** What a change of a pod is refused for: what is denied now and was not there before. So nobody is kept from changing
 *  a pod, or a controller from letting go of it, for the sake of what it has had from the beginning. */
export function newDenials(pod: Pod, stored: Pod, plan: Plan, facts: NamespaceFacts): readonly Finding[] {
  const denied = harden(pod, plan, facts).findings.filter(isDenied);
  if (denied.length === 0) return denied;
  const before = new Set(harden(stored, plan, facts).findings.flatMap(placesOf));
  return denied.filter((finding) => placesOf(finding).some((place) => !before.has(place)));
}

function placesOf({ control, decision }: Finding): string[] {
  if (decision.kind !== 'flag') return [];
  return decision.flags.map(({ code, field, found }) => `${control} ${code} ${field} ${found}`);
}

/** What the ephemeral containers are refused for that a pod is given: those of `pod` that are not among `existing`. */
export function denialsOfNewcomers(
  pod: Pod,
  existing: ReadonlySet<string>,
  { controls, known }: Plan,
  facts: NamespaceFacts,
): readonly Finding[] {
  const context = { pod, facts, windows: isWindows(pod), known, nonRoot: undefined, removesToken: false };
  return controls.flatMap(({ id: control, mode, bound, os }) => {
    if (bound.scope !== 'pod' || bound.decideOnNewcomers === undefined) return [];
    if (context.windows && os === 'linux') return [];
    const finding = { control, target: 'pod', mode, decision: bound.decideOnNewcomers(existing, context) };
    return isDenied(finding) ? [finding] : [];
  });
}
