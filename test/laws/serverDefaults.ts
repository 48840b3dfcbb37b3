import type { Container, NamespaceFacts, Pod, PodSpec, Volume } from '../../src/kubernetes.js';
import { canonicalQuantity } from './quantities.js';
import { mountToken } from './serverToken.js';
import { omit, withoutNulls, withSpec } from './trees.js';

type Amounts = Readonly<Record<string, string>>;
type Toleration = NonNullable<PodSpec['tolerations']>[number];
type Resources = NonNullable<Container['resources']>;

/** Amounts that are there and null are zero to the API server (Quantity.UnmarshalJSON). */
function withNullsAsZero(pod: Pod): Pod {
  const zero = (amounts: Amounts | undefined) =>
    amounts && Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount ?? '0']));
  const complete = (container: Container): Container => {
    const { resources } = container;
    if (resources == null) return container;
    const amounts = { requests: zero(resources.requests), limits: zero(resources.limits) };
    return { ...container, resources: Object.assign({}, resources, amounts) };
  };
  const { initContainers, containers } = pod.spec;
  return withSpec(pod, {
    ...(initContainers && { initContainers: initContainers.map(complete) }),
    containers: containers.map(complete),
  });
}

/** A pod as the API server hands it to a webhook at CREATE: nulls dropped, quantities respelt, requests taken from
 *  limits, LimitRange defaults and the token volume filled in (semantics.md A 21, 27, 33; D). Applied to a pod that
 *  has been through it, or through it and then through us, it does what the API server does after a patch. */
export function asCreated(pod: Pod, facts: NamespaceFacts): Pod {
  const plain = withoutNulls(withNullsAsZero(pod));
  const complete = (container: Container) => completeContainer(container, plain.spec, facts);
  const { initContainers, containers } = plain.spec;
  const defaulted = withSpec(plain, {
    ...(initContainers && { initContainers: initContainers.map(complete) }),
    containers: containers.map(complete),
    ...(plain.spec.resources && { resources: completePodResources(plain.spec.resources) }),
    ...(plain.spec.volumes && { volumes: plain.spec.volumes.map(completeVolume) }),
    securityContext: plain.spec.securityContext ?? {},
    restartPolicy: plain.spec.restartPolicy ?? 'Always',
    serviceAccountName: plain.spec.serviceAccountName ?? 'default',
    dnsPolicy: plain.spec.dnsPolicy ?? 'ClusterFirst',
    schedulerName: plain.spec.schedulerName ?? 'default-scheduler',
    tolerations: withDefaultTolerations(plain.spec.tolerations ?? []),
  });
  return mountToken(defaulted);
}

/** The pod as the API server passes it on: `readOnly: false` is nothing to its JSON (docs/decisions/0013). */
export function asPassedOn(pod: Pod): Pod {
  const { initContainers, containers } = pod.spec;
  return withSpec(pod, {
    ...(initContainers && { initContainers: initContainers.map(withoutFalse) }),
    containers: containers.map(withoutFalse),
  });
}

function withoutFalse(container: Container): Container {
  const volumeMounts = container.volumeMounts?.map((mount) =>
    mount.readOnly === false ? omit(mount, 'readOnly') : mount,
  );
  return volumeMounts === undefined ? container : { ...container, volumeMounts };
}

/** As the DefaultTolerationSeconds plugin, for one of its two taints. */
function withDefaultTolerations(own: readonly Toleration[]): readonly Toleration[] {
  const key = 'node.kubernetes.io/not-ready';
  const isTolerated = own.some((one) => !one.key || one.key === key);
  return isTolerated
    ? own
    : [...own, { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }];
}

function completeContainer(container: Container, spec: PodSpec, facts: NamespaceFacts): Container {
  const own = container.resources ?? {};
  const limits = respell(own.limits);
  const requests = { ...limits, ...respell(own.requests) };
  const ports = container.ports?.map((port) => ({
    ...port,
    protocol: port.protocol ?? 'TCP',
    ...(spec.hostNetwork === true && { hostPort: port.hostPort ?? port.containerPort }),
  }));
  return {
    ...withoutFalse(container),
    ...(ports && { ports }),
    imagePullPolicy: container.imagePullPolicy ?? 'IfNotPresent',
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    resources: fillFromLimitRanges({ ...omit(own, 'limits', 'requests') }, requests, limits, facts),
  };
}

/** In the order of the list, as the mutating pass of LimitRanger: what is filled by one stays for the next. */
function fillFromLimitRanges(
  rest: Resources,
  requests: Amounts,
  limits: Amounts,
  facts: NamespaceFacts,
): Resources {
  const items = facts.limitRanges.flatMap(({ spec }) => spec?.limits ?? []);
  const defaults = items.filter(({ type }) => type === 'Container').map(defaultsOf);
  const filledLimits = fillUp(
    limits,
    defaults.map((given) => given.limits),
  );
  const filledRequests = fillUp(
    requests,
    defaults.map((given) => given.requests),
  );
  return {
    ...rest,
    ...(Object.keys(filledLimits).length > 0 && { limits: filledLimits }),
    ...(Object.keys(filledRequests).length > 0 && { requests: filledRequests }),
  };
}

/** What is there stays, and what the first fills in stays for the next. */
function fillUp(own: Amounts, defaults: readonly Amounts[]): Amounts {
  return Object.assign({}, ...defaults.toReversed(), own) as Amounts;
}

/** What a LimitRange item fills in: max serves as default, default as request, then min (SetDefaults_LimitRangeItem). */
function defaultsOf(item: object): { limits: Amounts; requests: Amounts } {
  const {
    min,
    max,
    default: ownLimits,
    defaultRequest,
  } = item as Readonly<Record<string, Amounts | undefined>>;
  const limits = { ...max, ...ownLimits };
  return { limits: respell(limits), requests: respell({ ...min, ...limits, ...defaultRequest }) };
}

function respell(amounts: Amounts | undefined): Amounts {
  return Object.fromEntries(
    Object.entries(amounts ?? {}).map(([name, text]) => [name, canonicalQuantity(text)]),
  );
}

/** A volume without a source is an empty directory, and quantities are respelt wherever they stand. */
function completeVolume(volume: Volume): Volume {
  const isBare = Object.keys(volume).length === 1;
  const { emptyDir = isBare ? {} : undefined } = volume;
  if (emptyDir === undefined) return volume;
  const sizeLimit = emptyDir.sizeLimit === undefined ? undefined : canonicalQuantity(emptyDir.sizeLimit);
  return { ...volume, emptyDir: { ...emptyDir, ...(sizeLimit !== undefined && { sizeLimit }) } };
}

function completePodResources(
  resources: NonNullable<PodSpec['resources']>,
): NonNullable<PodSpec['resources']> {
  return {
    ...resources,
    ...(resources.limits && { limits: respell(resources.limits) }),
    ...(resources.requests && { requests: respell(resources.requests) }),
  };
}
