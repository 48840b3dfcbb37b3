import type { Plan, PlannedControl } from './plan.js';
import type { PolicySet } from './policy.js';

const refusing = new WeakMap<PolicySet, boolean>();

/** Whether any policy can have a pod refused; worked out once for each set. */
export function anyRefuses(policies: PolicySet): boolean {
  let known = refusing.get(policies);
  if (known === undefined) {
    known = [...policies.values()].some(
      ({ document, controls }) =>
        document.spec.requireHardened || controls.some(({ mode }) => mode === 'deny'),
    );
    refusing.set(policies, known);
  }
  return known;
}

/** What the cluster needs to start is never refused, whatever label and registration say. */
export const systemNamespaces: ReadonlySet<string> = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
]);

/** A plan under which a person is told of what would have a pod refused elsewhere. */
export function withoutRefusals<SomePlan extends Plan>(plan: SomePlan): SomePlan {
  const controls = plan.controls.map((control) =>
    control.mode === 'deny' ? { ...control, mode: 'warn' as const } : control,
  );
  return { ...plan, controls, requiresHardened: false };
}

/** What of a plan can have a pod refused; undefined where nothing can. */
export function planValidation(plan: Plan): Plan | undefined {
  if (plan.exemption !== undefined || plan.mode !== 'enforce') return undefined;
  const canRefuse = ({ mode, optedOut }: PlannedControl) =>
    !optedOut && (mode === 'deny' || (plan.requiresHardened && mode === 'enforce'));
  const controls = plan.controls.filter(canRefuse);
  return controls.length === 0 ? undefined : { ...plan, controls };
}

/** The same for what is done to a pod that runs already: it is not hardened any more, so that only what is denied
 *  counts. */
export function planChange(plan: Plan): Plan | undefined {
  return planValidation({ ...plan, requiresHardened: false });
}
