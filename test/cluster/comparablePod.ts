import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';

/** A pod as the API server would take it, by one name for all. */
export interface ComparablePod {
  metadata: { name: string; labels?: Record<string, string>; annotations: Record<string, string> };
  spec: Record<string, unknown>;
}

/** How the API server calls the volume that holds a pod's token, without what is another for each pod. */
const tokenVolume = 'kube-api-access-00000';

const named = z.looseObject({ name: z.string() });
const container = z.looseObject({ volumeMounts: z.array(named).optional() });
const containers = z.array(container);
const toleration = z.looseObject({ key: z.string().optional() });
const specSchema = z.looseObject({
  containers,
  initContainers: containers.optional(),
  volumes: z.array(named).optional(),
  tolerations: z.array(toleration).optional(),
});

/** The pod without what is another on each creation: its name, and that of the volume with its token. */
export function comparable({ metadata = {}, spec }: V1Pod): ComparablePod {
  const { labels, ownerReferences, finalizers, annotations = {} } = metadata;
  const kept = {
    ...(labels && { labels }),
    ...(ownerReferences && { ownerReferences }),
    ...(finalizers && { finalizers }),
  };
  const text = JSON.stringify(spec).replaceAll(/kube-api-access-[a-z0-9]{5}\b/g, tokenVolume);
  return {
    metadata: { name: 'compared', ...kept, annotations },
    spec: specSchema.parse(JSON.parse(text)),
  };
}

/** The same without what depends on when the API server had its turn: the places of the volume with the token and of the
 *  default tolerations, before what we add and after what a manifest holds, and the LimitRanger's note of what it filled
 *  in. */
export function withoutServerRemarks({ metadata, spec }: ComparablePod): ComparablePod {
  const { 'kubernetes.io/limit-ranger': _note, ...annotations } = metadata.annotations;
  const { volumes, initContainers, tolerations, ...rest } = specSchema.parse(spec);
  const order = (list: z.infer<typeof containers>) =>
    list.map(({ volumeMounts, ...others }) => Object.assign(others, sorted({ volumeMounts })));
  return {
    metadata: { ...metadata, annotations },
    spec: {
      ...rest,
      containers: order(rest.containers),
      ...(initContainers && { initContainers: order(initContainers) }),
      ...sorted({ volumes }),
      ...(tolerations && { tolerations: tolerations.toSorted(defaultsFirst) }),
    },
  };
}

type Toleration = z.infer<typeof toleration>;

function defaultsFirst(one: Toleration, other: Toleration): number {
  const rank = ({ key = '' }: Toleration) => (key.startsWith('node.kubernetes.io/') ? 0 : 1);
  return rank(one) - rank(other);
}

/** Every list that is there, with the token at its end. */
function sorted(lists: Record<string, z.infer<typeof named>[] | undefined>): Record<string, unknown> {
  const isToken = ({ name }: { name: string }) => name === tokenVolume;
  const tokenLast = (list: z.infer<typeof named>[]) => [
    ...list.filter((item) => !isToken(item)),
    ...list.filter(isToken),
  ];
  const entries = Object.entries(lists).flatMap(([name, list]) => (list ? [[name, tokenLast(list)]] : []));
  return Object.fromEntries(entries);
}
