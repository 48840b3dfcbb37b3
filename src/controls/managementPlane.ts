import * as z from 'zod';
import { type Container, containerLists, type Pod, type PodSpec, type Volume } from '../kubernetes.js';
import { defineAdvisoryControl } from './kit/advisory.js';
import { tokenFate } from './kit/apiToken.js';
import type { Context } from './kit/context.js';
import { type Flags, targetOf } from './kit/flags.js';

type Code = 'token' | 'projectedToken' | 'hostNetwork' | 'address' | 'hostAlias';

/** Finds what leads from a pod that has not asked for it to the API server. */
export const managementPlane = defineAdvisoryControl({
  id: 'managementPlane',
  level: 'extra',
  os: 'any',
  defaultMode: 'audit',
  docs: {
    summary:
      'Finds what leads to the API server in a pod that names no service account of its own: its token, its address, the ' +
      "node's network; and says which NetworkPolicy cuts the way.",
    why: 'Most programs never talk to the API server, so that whoever breaks into one should not be able to.',
    mayBreak:
      'Programs that talk to the API server as the account default: give them one of their own, by name.',
    remedy: 'automountServiceAccountToken: false',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/',
  },
  flags: {
    token: {
      severity: 'medium',
      means: 'the pod names no service account, and has the token of the account default all the same',
    },
    projectedToken: {
      severity: 'medium',
      means: 'the pod names no service account, and a volume holds a token that the API server accepts',
    },
    hostNetwork: {
      severity: 'medium',
      means:
        'on the host network it reaches the API server as the node does, and no NetworkPolicy keeps it from that',
    },
    address: {
      severity: 'low',
      means: 'the pod names no service account, and a variable holds the address of the API server',
    },
    hostAlias: {
      severity: 'low',
      means: 'the pod names no service account, and gives the API server another address',
    },
  },
  options: z.strictObject({
    addresses: z
      .array(z.string().min(1))
      .default([])
      .describe('Addresses and names of the API server besides kubernetes.default.svc, such as 10.96.0.1'),
  }),
  findInPod(pod, flags, { addresses }, context) {
    const { spec } = pod;
    if (spec.hostNetwork === true) addHostNetwork(flags);
    if (asksForApi(spec)) return;
    findTokens(pod, flags, context);
    if (spec.hostAliases != null) findAliases(pod, flags, addresses);
  },
  findInContainer(container, flags, { addresses }, pod) {
    if (container.env == null || asksForApi(pod.spec)) return;
    let index = -1;
    for (const { name, value } of container.env) {
      index++;
      if (value == null || value === '' || !isAddress(name, value, addresses)) continue;
      const field = `env[${index}].value`;
      flags.addHere(() => ({
        code: 'address',
        field,
        // Not the value, which may hold a password.
        found: 'an address of the API server',
        write: `${missingPolicy(pod)}; or serviceAccountName: <one of its own>, if it needs the API server`,
      }));
    }
  },
});

/** Whether the pod names a service account of its own, and so says that it talks to the API server. The API server
 *  fills in `default` before it calls a webhook, so that it cannot be told from none. */
function asksForApi({ serviceAccountName, serviceAccount }: PodSpec): boolean {
  const account = serviceAccountName || serviceAccount;
  return account != null && account !== '' && account !== 'default';
}

function addHostNetwork(flags: Flags<Code>): void {
  flags.add(() => ({
    code: 'hostNetwork',
    field: 'spec.hostNetwork',
    found: 'true',
    targets: [],
    write: 'leave hostNetwork out; else only a firewall of the node keeps it from the API server',
  }));
}

/** What the ServiceAccount plugin calls the volume that it puts in. */
const injectedPrefix = 'kube-api-access-';

/** Whether serviceAccountToken takes the token out in the same go. */
function losesToken({ spec }: Pod, { removesToken, known }: Context): boolean {
  if (!removesToken || tokenFate(spec).kind !== 'goes') return false;
  const needsToken = (container: Container) => known(container).cannot['serviceAccountToken'] !== undefined;
  return !containerLists.some((list) => spec[list]?.some(needsToken));
}

function findTokens(pod: Pod, flags: Flags<Code>, context: Context): void {
  const { spec } = pod;
  let isInjected = false;
  if (spec.volumes != null) {
    for (const [index, volume] of spec.volumes.entries()) {
      if (volume.projected?.sources == null) continue;
      if (volume.name.startsWith(injectedPrefix)) isInjected = true;
      else findSources(pod, flags, volume, index);
    }
  }
  // A pod without a name for the account has not been through the plugin, which will put a token in. One that has, and
  // has no token, belongs to an account that forbids it.
  const isExpected = !spec.serviceAccountName && spec.automountServiceAccountToken !== false;
  const isThere = isInjected || isExpected || spec.automountServiceAccountToken === true;
  if (isThere && !losesToken(pod, context)) addToken(pod, flags);
}

/** The plugin mounts the token into each container. */
function addToken(pod: Pod, flags: Flags<Code>): void {
  flags.add(() => ({
    code: 'token',
    field: 'spec.automountServiceAccountToken',
    found: String(pod.spec.automountServiceAccountToken ?? 'not set'),
    targets: [],
    write: `automountServiceAccountToken: false, and ${missingPolicy(pod)}`,
  }));
}

function findSources(pod: Pod, flags: Flags<Code>, volume: Volume, index: number): void {
  for (const [place, source] of (volume.projected?.sources ?? []).entries()) {
    const token = source.serviceAccountToken;
    if (token == null || !isAudienceOfApi(token.audience)) continue;
    flags.add(() => ({
      code: 'projectedToken',
      field: `spec.volumes[${index}].projected.sources[${place}].serviceAccountToken`,
      found: token.audience ?? 'without an audience',
      targets: mountersOf(pod.spec, volume),
      write: `serviceAccountToken.audience: <whom it is for>, or no such source, and ${missingPolicy(pod)}`,
    }));
  }
}

/** Without an audience a token is for the API server. */
function isAudienceOfApi(audience: string | undefined): boolean {
  return audience == null || audience === '' || audience === 'api' || namesApi(audience);
}

function mountersOf(spec: PodSpec, { name }: Volume): string[] {
  const mounts = ({ volumeMounts }: Container) => volumeMounts?.some((mount) => mount.name === name) ?? false;
  return containerLists.flatMap((list) =>
    (spec[list] ?? []).filter(mounts).map((container) => targetOf(list, container)),
  );
}

function findAliases(pod: Pod, flags: Flags<Code>, addresses: readonly string[]): void {
  for (const [index, { ip, hostnames }] of (pod.spec.hostAliases ?? []).entries()) {
    for (const [place, hostname] of (hostnames ?? []).entries()) {
      if (
        hostname !== 'kubernetes' &&
        !namesApi(hostname) &&
        !addresses.includes(hostname) &&
        !addresses.includes(ip)
      )
        continue;
      flags.add(() => ({
        code: 'hostAlias',
        field: `spec.hostAliases[${index}].hostnames[${place}]`,
        found: `${hostname} for ${ip}`,
        targets: [],
        write: `leave the alias out, and ${missingPolicy(pod)}`,
      }));
    }
  }
}

/** The name of the API server's Service, alone or within a URL: not `kubernetes.default-backend`. */
const serviceName = /(?:^|[^\w.-])kubernetes\.default(?:\.svc(?:\.|(?![\w-]))|(?![\w.-]))/;
const shortUrl = /https?:\/\/kubernetes(?:[:/]|$)/;

function namesApi(text: string): boolean {
  return text.includes('kubernetes') && (serviceName.test(text) || shortUrl.test(text));
}

/** What clients call the variable that names the API server. */
const addressVariables = new Set(['KUBERNETES_SERVICE_HOST', 'KUBERNETES_MASTER', 'KUBERNETES_API_SERVER']);

/** Length of `http://kubernetes`: no shorter value names the API server, and most are shorter. */
const shortestName = 17;

function isAddress(name: string, value: string, addresses: readonly string[]): boolean {
  if (addressVariables.has(name)) return true;
  if (value.length < shortestName && addresses.length === 0) return false;
  if (value.includes('$(KUBERNETES_SERVICE_HOST)') || namesApi(value)) return true;
  return addresses.some((address) => holdsAddress(value, address));
}

/** Whether the address stands in the value, and is no part of a longer one. */
function holdsAddress(value: string, address: string): boolean {
  const isPart = (char: string | undefined) => char !== undefined && /[\w.-]/.test(char);
  for (let at = value.indexOf(address); at !== -1; at = value.indexOf(address, at + address.length)) {
    if (!isPart(value[at - 1]) && !isPart(value[at + address.length])) return true;
  }
  return false;
}

/** Labels that controllers make up, anew for each version. */
const madeUp = new Set(['pod-template-hash', 'controller-revision-hash', 'pod-template-generation']);
/** Labels that select a pod in what a person is to write. */
const maxLabels = 2;

/** The NetworkPolicy that keeps the pod from the API server, in short. */
function missingPolicy({ metadata }: Pod): string {
  const labels = metadata?.labels ?? {};
  const keys = Object.keys(labels).filter((key) => !madeUp.has(key));
  const chosen = keys.slice(0, maxLabels).map((key) => `${key}: ${labels[key]}`);
  return (
    `a NetworkPolicy with podSelector {${chosen.length === 0 ? '' : `matchLabels: {${chosen.join(', ')}}`}}, policyTypes ` +
    '[Egress] and egress to ipBlock 0.0.0.0/0 except the addresses that kubectl get endpoints kubernetes prints'
  );
}
