import type { Container, Pod, PodSpec, Volume } from '../../src/kubernetes.js';
import { baselineCapabilities, restrictedSources, safeSysctls } from './podSecurity.js';
import { repairPod, withContainers } from './repair.js';
import { omit, withSpec } from './trees.js';

/** A level of the Pod Security Standards that asks for something. */
export type Level = 'baseline' | 'restricted';

type PodContext = NonNullable<PodSpec['securityContext']>;
type Context = NonNullable<Container['securityContext']>;
type Profiled = Pick<Context, 'seccompProfile' | 'appArmorProfile' | 'seLinuxOptions' | 'windowsOptions'>;

/** The pod with as little as can be changed for Pod Security to take it at that level. */
export function meetLevel(pod: Pod, level: Level): Pod {
  const { metadata, spec } = pod;
  const isRestricted = level === 'restricted';
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(
    ([key, value]) => !(/seccomp|apparmor/.test(key) && value === 'unconfined'),
  );
  const apart = { ...pod, spec: omit(spec, 'hostNetwork', 'hostPID', 'hostIPC') };
  const spared = withSpec(apart, {
    securityContext: podContext(spec.securityContext ?? {}, isRestricted),
    ...(spec.volumes && { volumes: spec.volumes.map((volume) => allowedVolume(volume, isRestricted)) }),
  });
  const named =
    metadata?.annotations == null
      ? spared
      : { ...spared, metadata: { ...metadata, annotations: Object.fromEntries(annotations) } };
  return repairPod(withContainers(named, (container) => metContainer(container, named, isRestricted)));
}

/** A directory of the node becomes an empty one; at level restricted, so does every source that is not allowed. */
function allowedVolume(volume: Volume, isRestricted: boolean): Volume {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  const isAllowed = isRestricted
    ? sources.every((source) => restrictedSources.has(source))
    : !sources.includes('hostPath');
  return isAllowed ? volume : { name: volume.name, emptyDir: {} };
}

function podContext(context: PodContext, isRestricted: boolean): PodContext {
  const { sysctls } = context;
  return {
    ...withoutRoot(confined(context), isRestricted),
    ...(sysctls && { sysctls: sysctls.filter(({ name }) => safeSysctls.has(name)) }),
  };
}

/** Without profiles that let out, and without a host process. */
function confined<C extends Profiled>(context: C): C {
  const { seccompProfile, appArmorProfile, windowsOptions } = context;
  const loose = [
    ...(seccompProfile?.type === 'Unconfined' ? ['seccompProfile'] : []),
    ...(appArmorProfile?.type === 'Unconfined' ? ['appArmorProfile'] : []),
  ];
  const kept = omit(context, ...loose);
  return windowsOptions == null ? kept : { ...kept, windowsOptions: omit(windowsOptions, 'hostProcess') };
}

function withoutRoot<C extends { readonly runAsUser?: number; readonly runAsNonRoot?: boolean }>(
  context: C,
  isRestricted: boolean,
): C {
  if (!isRestricted) return context;
  return omit(
    context,
    ...(context.runAsUser === 0 ? ['runAsUser'] : []),
    ...(context.runAsNonRoot === false ? ['runAsNonRoot'] : []),
  );
}

function metContainer(container: Container, { spec }: Pod, isRestricted: boolean): Container {
  const { ports, securityContext } = container;
  const context = omit(confined(securityContext ?? {}), 'privileged', 'procMount');
  const { add } = context.capabilities ?? {};
  const allowed = add?.filter((name) =>
    isRestricted ? name === 'NET_BIND_SERVICE' : baselineCapabilities.has(name),
  );
  const baseline: Context = {
    ...withoutRoot(context, isRestricted),
    ...(context.capabilities && {
      capabilities: { ...context.capabilities, ...(add && { add: allowed ?? [] }) },
    }),
  };
  return {
    ...container,
    ...(ports && { ports: ports.map((port) => omit(port, 'hostPort')) }),
    securityContext: isRestricted ? restricted(baseline, spec) : baseline,
  };
}

/** What level restricted asks of each container, where neither it nor its pod says so. */
function restricted(context: Context, { os, securityContext }: PodSpec): Context {
  const nonRoot = securityContext?.runAsNonRoot === true ? context : { ...context, runAsNonRoot: true };
  if (os?.name === 'windows') return nonRoot;
  const profile = context.seccompProfile ?? securityContext?.seccompProfile;
  return {
    ...nonRoot,
    allowPrivilegeEscalation: false,
    capabilities: { ...context.capabilities, drop: ['ALL'] },
    ...(profile == null && { seccompProfile: { type: 'RuntimeDefault' } }),
  };
}
