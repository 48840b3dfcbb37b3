import type { Report } from '../hardening/report.js';
import { annotationKeys, type Metadata, type NamespaceFacts, type Pod } from '../kubernetes.js';
import type { OptOut } from '../policy/optOut.js';
import type { Plan } from '../policy/plan.js';
import { shorten } from '../shorten.js';
import { isPodCreation, type PlanFor } from './pods.js';
import type { Refusal, ReviewRequest, ReviewResponse } from './review.js';
import { clean, skipsOf } from './warnings.js';

/** What an Event may be about, in the words of `kubectl describe`. */
export const eventReasons = ['Hardened', 'HardeningSkipped', 'HardeningDenied', 'OptedOut'] as const;

/** An Event without the object that it is about. */
export interface EventText {
  readonly reason: (typeof eventReasons)[number];
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

/** The object that an Event is about. */
export interface Subject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What there is to be told of one object. */
export interface Told {
  readonly subject: Subject;
  readonly texts: readonly EventText[];
}

/** Who has Events written, later and as far as there is time. */
export interface EventSink {
  record(namespace: string, told: Told): void;
}

/** Longest message, in UTF-16 units (events.k8s.io/v1, note). */
const maxMessage = 1000;

/** What the controller of a pod is told of its pods, once they are hardened. A pod without one is not there yet, and has
 *  no identity by which anybody could find an Event: `toldOfValidation` tells of it. */
export function toldOfMutation(
  request: ReviewRequest,
  { report, plan }: { readonly report: Report | undefined; readonly plan: Plan | undefined },
): Told | undefined {
  const subject = isPodCreation(request) ? controllerOf((request.object as Pod).metadata) : undefined;
  if (subject === undefined || report === undefined || report.exemption !== undefined) return undefined;
  const { changed, policy, mode, findings } = report;
  const skipped = mode === 'audit' ? [] : skipsOf(findings);
  return {
    subject,
    texts: [
      ...(changed.length > 0
        ? [hardened(`its pods are hardened by policy ${policy}: ${changed.join(', ')}`)]
        : []),
      ...(skipped.length > 0 ? [event('HardeningSkipped', 'Warning', skipped.join('; '))] : []),
      ...(plan?.optOut === undefined ? [] : [optedOut('its pods opted out of', plan.optOut)]),
    ],
  };
}

/** What the controller of a pod is told where the pod is refused; of a pod without one, what became of it. */
export function toldOfValidation(
  request: ReviewRequest,
  response: ReviewResponse | Refusal,
  { facts, planFor }: { readonly facts: NamespaceFacts; readonly planFor: PlanFor },
): Told | undefined {
  if (!isPodCreation(request)) return undefined;
  const pod = request.object as Pod;
  const controller = controllerOf(pod.metadata);
  if (!response.allowed) {
    return (
      controller && { subject: controller, texts: [event('HardeningDenied', 'Warning', response.message)] }
    );
  }
  const subject = controller === undefined ? identityOf(request) : undefined;
  if (subject === undefined) return undefined;
  const { mode, exemption, optOut } = planFor(pod, facts);
  if (exemption !== undefined) return undefined;
  const mark = pod.metadata?.annotations?.[annotationKeys.hardened];
  return {
    subject,
    texts: [
      ...(mode === 'enforce' && mark !== undefined ? [hardened(`hardened by policy ${mark}`)] : []),
      ...(optOut === undefined ? [] : [optedOut('opted out of', optOut)]),
    ],
  };
}

/** Whether the request creates a pod that no controller looks after. */
export function isBarePod(request: ReviewRequest): boolean {
  return isPodCreation(request) && controllerOf((request.object as Pod | null)?.metadata) === undefined;
}

type OwnerReference = NonNullable<Metadata['ownerReferences']>[number];

function controllerOf(metadata: Metadata | undefined): Subject | undefined {
  const references = metadata?.ownerReferences;
  return Array.isArray(references)
    ? references.find((one: OwnerReference) => one.controller === true)
    : undefined;
}

/** The pod itself: when it is judged it has a name and a UID, though it is not stored yet. */
function identityOf({ object, name }: ReviewRequest): Subject | undefined {
  const { uid } = (object as { metadata?: { uid?: unknown } }).metadata ?? {};
  return typeof uid === 'string' && name !== '' ? { apiVersion: 'v1', kind: 'Pod', name, uid } : undefined;
}

function hardened(message: string): EventText {
  return event('Hardened', 'Normal', message);
}

function optedOut(start: string, { controls, reason, until }: OptOut): EventText {
  const why = reason === undefined ? '' : `, because: ${reason}`;
  const end = until === undefined ? '' : `, until ${until}`;
  return event('OptedOut', 'Normal', `${start} ${[...controls].join(', ')}${why}${end}`);
}

function event(reason: EventText['reason'], type: EventText['type'], text: string): EventText {
  return { reason, type, message: shorten(clean(text), maxMessage) };
}
