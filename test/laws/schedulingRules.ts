import { isDeepStrictEqual } from 'node:util';
import type { PodSpec } from '../../src/kubernetes.js';

type Toleration = NonNullable<PodSpec['tolerations']>[number];

/** What the API server refuses in tolerations and topology spread (ValidateTolerations,
 *  validateTopologySpreadConstraints). */
export function schedulingProblems({ tolerations, topologySpreadConstraints }: PodSpec): string[] {
  const kinds = topologySpreadConstraints?.map((one) => `${one.topologyKey} ${one.whenUnsatisfiable}`) ?? [];
  const skews = topologySpreadConstraints?.filter(({ maxSkew }) => !(maxSkew > 0)) ?? [];
  return [
    ...(new Set(kinds).size < kinds.length ? ['a topology spread constraint twice'] : []),
    ...skews.map(({ topologyKey }) => `maxSkew of ${topologyKey}`),
    ...(tolerations ?? []).flatMap(tolerationProblems),
  ];
}

function tolerationProblems({ key, operator, value, effect, tolerationSeconds }: Toleration): string[] {
  return [
    ...(!key && operator !== 'Exists' ? ['a toleration without a key that does not say Exists'] : []),
    ...(operator === 'Exists' && value ? [`toleration of ${key ?? ''}: Exists with a value`] : []),
    ...(tolerationSeconds != null && effect !== 'NoExecute' ? [`toleration of ${key ?? ''}: seconds`] : []),
  ];
}

/** Where hardening has a pod placed otherwise than it chose: nodes that it cannot run on, a toleration that ends
 *  earlier, a spread beside its own. */
export function outvoted(before: PodSpec, after: PodSpec): string[] {
  const required = (spec: PodSpec) =>
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? undefined;
  const labels = (spec: PodSpec) => Object.keys(spec.nodeSelector ?? {}).length;
  const hasAffinity = !isDeepStrictEqual(required(after), required(before));
  const narrowed = labels(after) > labels(before) || hasAffinity;
  const added = (after.tolerations ?? []).slice(before.tolerations?.length ?? 0);
  const shortened = added.filter(({ key }) => before.tolerations?.some((own) => !own.key || own.key === key));
  const spread = (spec: PodSpec) => spec.topologySpreadConstraints?.length ?? 0;
  return [
    ...(narrowed && required(before) !== undefined ? ['nodes beside its own affinity'] : []),
    ...(narrowed && before.nodeName ? ['nodes beside its own node'] : []),
    ...clashes(before, hasAffinity ? required(after) : undefined),
    ...shortened
      .filter((one) => before.tolerations?.some((own) => isForOneTaint(own, one)))
      .map(({ key }) => `a second toleration of ${key ?? 'all'}`),
    ...(spread(before) > 0 && spread(after) > spread(before) ? ['a spread beside its own'] : []),
  ];
}

type Required = NonNullable<
  NonNullable<
    NonNullable<PodSpec['affinity']>['nodeAffinity']
  >['requiredDuringSchedulingIgnoredDuringExecution']
>;

function clashes({ nodeSelector }: PodSpec, added: Required | undefined): string[] {
  const keys = added?.nodeSelectorTerms.flatMap((term) => term.matchExpressions?.map(({ key }) => key) ?? []);
  return keys?.filter((key) => nodeSelector?.[key] != null).map((key) => `affinity beside its ${key}`) ?? [];
}

function isForOneTaint(own: Toleration, other: Toleration): boolean {
  const meets = (a: string | undefined, b: string | undefined) => !a || !b || a === b;
  const values = own.operator === 'Exists' || other.operator === 'Exists' || own.value === other.value;
  return meets(own.key, other.key) && meets(own.effect, other.effect) && values;
}
