import type { Violation } from '../../src/standards/assess.js';
import type { Level } from '../../src/standards/version.js';

/** The API server's own warning about these violations, to the letter; undefined where there are none. */
export function warningFor(
  level: Level,
  version: string,
  violations: readonly Violation[],
): string | undefined {
  const checks = [...new Set(violations.map(({ check }) => check))];
  if (checks.length === 0) return undefined;
  const reasons = checks.map((check) => messages[check]?.(violations.filter((one) => one.check === check)));
  return `would violate PodSecurity "${level}:${version}": ${reasons.join(', ')}`;
}

type Message = (places: readonly Violation[]) => string;

/** What pod-security-admission says of each check (policy/check_*.go). */
const messages: Readonly<Record<string, Message>> = {
  appArmorProfile(places) {
    const annotations = annotationsIn(places).toSorted();
    const values = [...typesIn(places), ...annotations];
    const setters = [
      ...settersIn(places),
      ...(annotations.length > 0 ? [some('annotation', annotations)] : []),
    ];
    const reason = some('forbidden AppArmor profile', values);
    return `${reason} (${setters.join(' and ')} must not set AppArmor profile type to ${quote(values)})`;
  },
  capabilities_baseline: (places) => `non-default capabilities (${additions(places)})`,
  hostNamespaces: (places) => `host namespaces (${places.map(({ field }) => `${field}=true`).join(', ')})`,
  hostPathVolumes: (places) => `hostPath volumes (${volumesIn(places)})`,
  hostPorts(places) {
    const ports = sorted(places.flatMap(({ found }) => found as number[]).map(String));
    const [subject, verb] = [containersIn(places), places.length === 1 ? 'uses' : 'use'];
    return `hostPort (${subject} ${verb} ${some('hostPort', ports)} ${ports.join(', ')})`;
  },
  hostProbesAndHostLifecycle(places) {
    const names = sorted(places.map(nameOf));
    const hosts = sorted(places.map(({ found }) => String(found)));
    const verb = names.length === 1 ? 'uses' : 'use';
    const what = 'probe or lifecycle host';
    return `${what} (${some('container', names)} ${quote(names)} ${verb} ${some(what, hosts)} ${quote(hosts)})`;
  },
  privileged: (places) => `privileged (${containersIn(places)} must not set securityContext.privileged=true)`,
  procMount,
  seLinuxOptions(places) {
    const at = (name: string) => places.filter(({ field }) => field.endsWith(`.${name}`));
    const types = sorted(at('type').map(({ found }) => String(found)));
    const faults = [
      ...(types.length > 0 ? [`${some('type', types)} ${quote(types)}`] : []),
      ...(at('user').length > 0 ? ['user may not be set'] : []),
      ...(at('role').length > 0 ? ['role may not be set'] : []),
    ];
    const setters = settersIn(places).join(' and ');
    return `seLinuxOptions (${setters} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')})`;
  },
  seccompProfile_baseline(places) {
    const annotations = annotationsIn(places).toSorted();
    if (annotations.length === 0) return unconfined(places);
    return `seccompProfile (forbidden ${some('annotation', annotations)} ${annotations.join(', ')})`;
  },
  sysctls: (places) => `forbidden sysctls (${places.flatMap(({ found }) => found).join(', ')})`,
  windowsHostProcess: (places) =>
    `hostProcess (${settersIn(places).join(' and ')} must not set securityContext.windowsOptions.hostProcess=true)`,
  allowPrivilegeEscalation: (places) =>
    `allowPrivilegeEscalation != false (${containersIn(places)} must set securityContext.allowPrivilegeEscalation=false)`,
  capabilities_restricted(places) {
    const [drops, adds] = [places.filter(isDrop), places.filter((place) => !isDrop(place))];
    const details = [
      ...(drops.length > 0
        ? [`${containersIn(drops)} must set securityContext.capabilities.drop=["ALL"]`]
        : []),
      ...(adds.length > 0 ? [additions(adds)] : []),
    ];
    return `unrestricted capabilities (${details.join('; ')})`;
  },
  procMount_restricted: procMount,
  restrictedVolumes(places) {
    const kinds = sorted(places.map(({ field }) => field));
    const verb = places.length === 1 ? 'uses' : 'use';
    return `restricted volume types (${volumesIn(places)} ${verb} ${some('restricted volume type', kinds)} ${quote(kinds)})`;
  },
  runAsNonRoot(places) {
    const field = 'securityContext.runAsNonRoot';
    const explicit = places.filter(isSet);
    if (explicit.length > 0)
      return `runAsNonRoot != true (${settersIn(explicit).join(' and ')} must not set ${field}=false)`;
    return `runAsNonRoot != true (pod or ${containersIn(places)} must set ${field}=true)`;
  },
  runAsUser: (places) => `runAsUser=0 (${settersIn(places).join(' and ')} must not set runAsUser=0)`,
  seccompProfile_restricted(places) {
    const explicit = places.filter(isSet);
    if (explicit.length > 0) return unconfined(explicit);
    return `seccompProfile (pod or ${containersIn(places)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
  },
};

function procMount(places: readonly Violation[]): string {
  const types = sorted(places.map(({ found }) => String(found)));
  return `procMount (${containersIn(places)} must not set securityContext.procMount to ${quote(types)})`;
}

function unconfined(places: readonly Violation[]): string {
  const field = 'securityContext.seccompProfile.type';
  return `seccompProfile (${settersIn(places).join(' and ')} must not set ${field} to ${quote(typesIn(places))})`;
}

function additions(places: readonly Violation[]): string {
  const names = sorted(places.flatMap(({ found }) => found as string[]));
  return `${containersIn(places)} must not include ${quote(names)} in securityContext.capabilities.add`;
}

const isDrop = ({ field }: Violation) => field.endsWith('.drop');
const isSet = ({ found }: Violation) => found !== undefined;
const isAnnotation = ({ field }: Violation) => field.startsWith('metadata.annotations');
const nameOf = ({ target }: Violation) => target.slice(target.indexOf('/') + 1);
const quote = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const sorted = (names: readonly string[]) => [...new Set(names)].toSorted();
const some = (noun: string, of: readonly unknown[]) => (of.length === 1 ? noun : `${noun}s`);

function containersIn(places: readonly Violation[]): string {
  const names = [...new Set(places.filter(({ target }) => target !== 'pod').map(nameOf))];
  return `${some('container', names)} ${quote(names)}`;
}

function volumesIn(places: readonly Violation[]): string {
  return `${some('volume', places)} ${quote(places.map(nameOf))}`;
}

function settersIn(places: readonly Violation[]): string[] {
  const fields = places.filter((place) => !isAnnotation(place));
  const isPod = fields.some(({ target }) => target === 'pod');
  const hasContainers = fields.some(({ target }) => target !== 'pod');
  return [...(isPod ? ['pod'] : []), ...(hasContainers ? [containersIn(fields)] : [])];
}

function typesIn(places: readonly Violation[]): string[] {
  const fields = places.filter((place) => !isAnnotation(place));
  return sorted(fields.map(({ found }) => (found as { readonly type: string }).type));
}

function annotationsIn(places: readonly Violation[]): string[] {
  return places.filter(isAnnotation).map(({ field, found }) => {
    const key = /^metadata\.annotations\["(.*)"\]$/.exec(field)?.[1] ?? '';
    return `${key}="${String(found)}"`;
  });
}
