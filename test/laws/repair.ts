import type { Container, Pod, PodSpec } from '../../src/kubernetes.js';
import { milliOf } from './quantities.js';
import { resourceProblems } from './resourceRules.js';
import { annotationMatches, containersOf, linuxFields } from './securityRules.js';
import { omit, withSpec } from './trees.js';
import { blockVolume } from './volumes.js';

type Context = NonNullable<PodSpec['securityContext']> | NonNullable<Container['securityContext']>;
type Holder<C extends Context> = { readonly securityContext?: C };

/** The same container or spec with another security context, if it has one. */
function withContext<C extends Context, H extends Holder<C>>(holder: H, repair: (context: C) => C): H {
  return holder.securityContext == null
    ? holder
    : { ...holder, securityContext: repair(holder.securityContext) };
}

/** The same pod with each of its init and regular containers repaired. */
export function withContainers(pod: Pod, repair: (container: Container) => Container): Pod {
  const { initContainers, containers } = pod.spec;
  return withSpec(pod, {
    ...(initContainers && { initContainers: initContainers.map(repair) }),
    containers: containers.map(repair),
  });
}

/** Takes out what the API server would refuse together, and leaves as much of the rest as it can. */
export function repairPod(pod: Pod): Pod {
  const steps = [
    dropForeignOs,
    repairHostUse,
    repairProbes,
    repairContexts,
    repairAnnotations,
    repairPorts,
    repairPodResources,
  ];
  return steps.reduce((repaired, step) => step(repaired), pod);
}

/** A pod that names its system has no field of the other. */
function dropForeignOs(pod: Pod): Pod {
  const name = pod.spec.os?.name;
  if (name === undefined) return pod;
  const [ofPod, ofContainer] =
    name === 'windows' ? [linuxFields.pod, linuxFields.container] : [['windowsOptions'], ['windowsOptions']];
  const spec = withContext<Context, PodSpec>(pod.spec, (context) => omit(context, ...ofPod));
  const repaired = withContainers({ ...pod, spec }, (container) =>
    withContext<Context, Container>(container, (context) => omit(context, ...ofContainer)),
  );
  return name === 'windows' ? { ...repaired, spec: omit(repaired.spec, ...linuxFields.spec) } : repaired;
}

/** User namespaces, host namespaces, block devices and sysctls exclude each other. */
function repairHostUse(pod: Pod): Pod {
  const { spec } = pod;
  const usesDevices = containersOf(spec).some(({ volumeDevices }) => (volumeDevices?.length ?? 0) > 0);
  const usesHost = spec.hostNetwork === true || spec.hostPID === true || spec.hostIPC === true;
  const mapped = spec.hostUsers === false && (usesDevices || usesHost) ? omit(spec, 'hostUsers') : spec;
  const sharing = spec.hostPID === true ? omit(mapped, 'shareProcessNamespace') : mapped;
  const isOfHost = (name: string) =>
    (spec.hostNetwork === true && /^net[./]/.test(name)) ||
    (spec.hostIPC === true && /^kernel[./]shm/.test(name));
  return {
    ...pod,
    spec: withContext<NonNullable<PodSpec['securityContext']>, PodSpec>(sharing, (context) =>
      context.sysctls == null
        ? context
        : { ...context, sysctls: context.sysctls.filter(({ name }) => !isOfHost(name)) },
    ),
  };
}

/** Only what goes on running is probed: no init container but a sidecar. */
function repairProbes(pod: Pod): Pod {
  const initContainers = pod.spec.initContainers?.map((container) =>
    container.restartPolicy === 'Always' ? container : omit(container, 'livenessProbe'),
  );
  return initContainers === undefined ? pod : withSpec(pod, { initContainers });
}

function repairContexts(pod: Pod): Pod {
  const userNamespace = pod.spec.hostUsers === false;
  return withContainers(pod, (container) =>
    withContext<NonNullable<Container['securityContext']>, Container>(container, (context) => {
      const escalates =
        context.privileged === true || context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true;
      const contradicts = escalates && context.allowPrivilegeEscalation === false;
      const unmasked = context.procMount === 'Unmasked' && !userNamespace;
      return omit(
        context,
        ...(contradicts ? ['allowPrivilegeEscalation'] : []),
        ...(unmasked ? ['procMount'] : []),
      );
    }),
  );
}

/** A legacy seccomp or AppArmor annotation goes where it says other than the field beside it. */
function repairAnnotations(pod: Pod): Pod {
  const annotations = pod.metadata?.annotations;
  if (annotations == null) return pod;
  const places = [
    { key: 'seccomp.security.alpha.kubernetes.io/pod', profile: pod.spec.securityContext?.seccompProfile },
    ...containersOf(pod.spec).flatMap(({ name, securityContext }) => [
      {
        key: `container.seccomp.security.alpha.kubernetes.io/${name}`,
        profile: securityContext?.seccompProfile,
      },
      {
        key: `container.apparmor.security.beta.kubernetes.io/${name}`,
        profile: securityContext?.appArmorProfile,
      },
    ]),
  ];
  const wrong = places.filter(({ key, profile }) => {
    const annotation = annotations[key];
    return profile != null && annotation !== undefined && !annotationMatches(profile, annotation);
  });
  const kept = omit(annotations, ...wrong.map(({ key }) => key));
  return { ...pod, metadata: { ...pod.metadata, annotations: kept } };
}

/** A host port is used once; on the host network each port is one. */
function repairPorts(pod: Pod): Pod {
  const used = new Set<string>();
  return withContainers(pod, (container) => {
    if (container.ports == null) return container;
    const ports = container.ports.filter(({ containerPort, hostPort, protocol }) => {
      const port = pod.spec.hostNetwork === true ? containerPort : hostPort;
      const key = `${port}/${protocol ?? 'TCP'}`;
      if (port == null) return true;
      if (used.has(key)) return false;
      used.add(key);
      return true;
    });
    const same = pod.spec.hostNetwork === true ? ports.map((port) => omit(port, 'hostPort')) : ports;
    return { ...container, ports: same };
  });
}

/** Raises limits to requests, and drops resources of the pod as a whole that its containers exceed. */
function repairPodResources(pod: Pod): Pod {
  const repaired = withContainers(pod, repairResources);
  const none = { name: '', labels: {}, annotations: {}, limitRanges: [], resourceQuotas: [] };
  const isFine = resourceProblems(repaired, none).length === 0;
  return isFine ? repaired : { ...repaired, spec: omit(repaired.spec, 'resources') };
}

function repairResources(container: Container): Container {
  const { requests, limits } = container.resources ?? {};
  if (requests == null) return container;
  const raised: Record<string, string> = {};
  for (const name of new Set([...Object.keys(requests), ...Object.keys(limits ?? {})])) {
    const limit = limitFor(name, requests[name], limits?.[name]);
    if (limit !== undefined) raised[name] = limit;
  }
  const hasLimits = limits != null || Object.keys(raised).length > 0;
  return { ...container, resources: { ...container.resources, ...(hasLimits && { limits: raised }) } };
}

/** Devices and huge pages need a limit that is their request, others one that is not below it. */
function limitFor(name: string, request: string | undefined, limit: string | undefined): string | undefined {
  if (name.includes('hugepages') || name.includes('/')) return request ?? undefined;
  if (request == null || limit == null) return limit;
  return (milliOf(limit) ?? 0n) < (milliOf(request) ?? 0n) ? request : limit;
}

/** Gives each drawn mount a volume of the pod, a device path where that is the block volume, and drops what has none
 *  or stands on a path that is taken. `pick` is the number that was drawn for the volume. */
export function resolveMounts(container: Container, volumeNames: readonly string[]): Container {
  if (container.volumeMounts == null) return container;
  const taken = new Set<string>();
  const volumeMounts: unknown[] = [];
  const volumeDevices: unknown[] = [];
  for (const mount of container.volumeMounts) {
    const { pick, ...rest } = mount as typeof mount & { readonly pick?: number };
    const name = volumeNames[(pick ?? 0) % Math.max(1, volumeNames.length)];
    if (name === undefined || taken.has(rest.mountPath)) continue;
    if (name !== blockVolume) volumeMounts.push({ ...rest, name });
    else if (volumeDevices.length > 0 || rest.mountPath.includes('..')) continue;
    else volumeDevices.push({ name, devicePath: rest.mountPath });
    taken.add(rest.mountPath);
  }
  const repaired = { ...container, volumeMounts, ...(volumeDevices.length > 0 && { volumeDevices }) };
  return repaired as unknown as Container;
}
