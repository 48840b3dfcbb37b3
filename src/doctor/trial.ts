import { harden } from '../hardening/harden.js';
import { labelKeys, unknownNamespace } from '../kubernetes.js';
import { planNamespace } from '../policy/plan.js';
import type { Installation, Namespace, Trial } from './installation.js';
import { defaultPolicyOf, policiesInForce } from './policiesInForce.js';
import { found, type Reading, unread } from './reading.js';
import { labelsOfNamespace, matchesSelector } from './selectors.js';
import { mutatingWebhooksOf } from './webhooks.js';

/** The pod that is created by dry run. It asks for nothing, so that whatever hardens changes it. */
export const trialPod = {
  metadata: { generateName: 'podtemper-doctor-' },
  spec: { containers: [{ name: 'app', image: 'podtemper.invalid/doctor' }] },
};

/** Where a pod may be tried, and what is known beforehand. */
export type TrialPlace = Pick<Trial, 'namespace' | 'expected'>;

type Labelled = Pick<Installation, 'configurations' | 'namespaces' | 'policies' | 'deployment'>;

/** Namespaces in mode enforce for which podtemper is called; first those in which the pod should come back hardened,
 *  last those in which only a failing call shows. */
export function trialPlaces(installation: Labelled): TrialPlace[] {
  const webhooks = mutatingWebhooksOf(installation);
  const namespaces = installation.namespaces.kind === 'found' ? installation.namespaces.value : [];
  const expectedIn = expectation(installation);
  return namespaces
    .filter(({ metadata }) => {
      const { name = '', labels = {} } = metadata ?? {};
      return (
        labels[labelKeys.mode] === 'enforce' &&
        webhooks.some(({ webhook }) =>
          matchesSelector(labelsOfNamespace(name, labels), webhook.namespaceSelector),
        )
      );
    })
    .map((namespace) => ({ namespace: namespace.metadata?.name ?? '', expected: expectedIn(namespace) }))
    .toSorted((one, other) => rankOf(one) - rankOf(other));
}

function rankOf({ expected }: TrialPlace): number {
  if (expected === undefined) return 1;
  return expected.length > 0 ? 0 : 2;
}

/** Which controls change the pod in a namespace. */
function expectation(installation: Labelled): (namespace: Namespace) => readonly string[] | undefined {
  const policies = policiesInForce(installation);
  const defaultPolicy = defaultPolicyOf(installation);
  if (policies === undefined) return () => undefined;
  return ({ metadata }) => {
    const { name = '', labels = {}, annotations = {} } = metadata ?? {};
    const facts = { ...unknownNamespace(name), labels, annotations };
    const plan = planNamespace({ policies, facts, unlabelledMode: undefined, defaultPolicy });
    // Where a LimitRange, which nobody has read, has set resources before, nothing is left to change.
    return harden(trialPod, plan, facts).changed.filter((id) => id !== 'resources');
  };
}

/** What became of the pod. */
type Verdict = 'hardened' | 'notHardened' | 'callFails';

/** What a trial says of podtemper; not read where it says nothing of it. */
export function verdictOf({
  trial: reading,
  configurations,
}: Pick<Installation, 'trial' | 'configurations'>): Reading<Verdict> {
  if (reading.kind !== 'found') return reading;
  const { isHardened, refusal, expected } = reading.value;
  if (isHardened) return found('hardened');
  if (refusal?.includes('failed calling webhook') === true) return found('callFails');
  const isSelective = mutatingWebhooksOf({ configurations }).some(
    ({ webhook: { objectSelector, matchConditions = [] } }) =>
      matchConditions.length > 0 || Object.keys(objectSelector ?? {}).length > 0,
  );
  if (isSelective) return unread(`podtemper is called for certain pods only; ${outcomeOf(reading.value)}`);
  if (expected === undefined)
    return unread(`whether the policy changes it is not known; ${outcomeOf(reading.value)}`);
  if (expected.length === 0) return unread(`the policy need not change it; ${outcomeOf(reading.value)}`);
  // Another webhook, a quota or a policy was faster.
  if (refusal !== undefined && !lacks(refusal, expected)) return unread(outcomeOf(reading.value));
  return found('notHardened');
}

function outcomeOf({ namespace, refusal }: Trial): string {
  return refusal === undefined
    ? `it came back as it was in namespace ${namespace}`
    : `namespace ${namespace} refused it: ${refusal}`;
}

/** Whether Pod Security, which looks at pods after all that changes them, misses in it what a control would have set:
 *  it names the field, and so the control. */
function lacks(refusal: string, expected: readonly string[]): boolean {
  const [, missed = ''] = refusal.split('violates PodSecurity');
  return expected.some((control) => missed.includes(control));
}
