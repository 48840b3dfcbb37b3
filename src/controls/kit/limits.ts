import type { NamespaceFacts, PodSpec } from '../../kubernetes.js';
import { type Quantity, parseQuantity } from './quantity.js';

/** The resources for which defaults are set. */
export const resourceNames = ['cpu', 'memory'] as const;
export type ResourceName = (typeof resourceNames)[number];

/** What one LimitRange item asks of one resource; absent where it asks nothing. */
export interface Bounds {
  /** Name of the LimitRange, for people. */
  readonly name: string;
  readonly min: Quantity | undefined;
  readonly max: Quantity | undefined;
  /** Largest limit to request ratio, in billionths. */
  readonly ratio: Quantity | undefined;
  /** What the API server itself fills in where the container says nothing. */
  readonly defaultLimit: Quantity | undefined;
  readonly defaultRequest: Quantity | undefined;
}

/** The bounds that the namespace's LimitRanges set for a resource, on each `Container` or on each `Pod`. */
export function boundsOf(facts: NamespaceFacts, type: 'Container' | 'Pod', resource: ResourceName): Bounds[] {
  const bounds: Bounds[] = [];
  for (const { metadata, spec } of facts.limitRanges) {
    for (const item of spec?.limits ?? []) {
      if (item.type !== type) continue;
      const read = (values: Readonly<Record<string, string>> | undefined) => {
        const text = values?.[resource];
        return text == null ? undefined : parseQuantity(text);
      };
      const [min, max, ratio] = [read(item.min), read(item.max), read(item.maxLimitRequestRatio)];
      // As SetDefaults_LimitRangeItem of the API server: max serves as default, default as request, then min.
      const defaultLimit = read(defaultOf(item)) ?? max;
      const defaultRequest = read(item.defaultRequest) ?? defaultLimit ?? min;
      if ([min, max, ratio, defaultLimit, defaultRequest].every((value) => value === undefined)) continue;
      bounds.push({ name: metadata?.name ?? '', min, max, ratio, defaultLimit, defaultRequest });
    }
  }
  return bounds;
}

/** The client's types call the field otherwise than the API's JSON does. */
function defaultOf(item: object): Readonly<Record<string, string>> | undefined {
  return 'default' in item ? (item.default as Readonly<Record<string, string>>) : undefined;
}

const qosScopes: ReadonlySet<string> = new Set(['BestEffort', 'NotBestEffort']);

/** What the quota counts that starts or stops counting the pod when it ceases to be best effort, if there is one:
 *  `ResourceQuota few: NotBestEffort, pods 0`. */
export function quotaByQos({ resourceQuotas }: NamespaceFacts, pod: PodSpec): string | undefined {
  for (const { metadata, spec } of resourceQuotas) {
    const selected = spec?.scopeSelector?.matchExpressions?.map(({ scopeName }) => scopeName) ?? [];
    const scopes = [...(spec?.scopes ?? []), ...selected];
    const scope = scopes.find((one) => qosScopes.has(one));
    if (scope === undefined || scopes.includes(otherTermination(pod))) continue;
    const hard = Object.entries(spec?.hard ?? {}).map(([key, amount]) => `${key} ${amount}`);
    return `ResourceQuota ${metadata?.name ?? ''}: ${[scope, ...hard.slice(0, maxHard)].join(', ')}`;
  }
  return undefined;
}

/** Of a quota's bounds as many as help to find it. */
const maxHard = 2;

/** The scope of a quota that does not count the pod, whatever its quality of service. */
function otherTermination({ activeDeadlineSeconds }: PodSpec): string {
  return activeDeadlineSeconds == null ? 'Terminating' : 'NotTerminating';
}
