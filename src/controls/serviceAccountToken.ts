import * as z from 'zod';
import type { Container, PodSpec, Volume } from '../kubernetes.js';
import { change, constantChange, definePodControl, keep, skip } from './kit/define.js';

/** Keeps the key to the API server out of pods that never asked for one. */
export const serviceAccountToken = definePodControl({
  id: 'serviceAccountToken',
  level: 'extra',
  os: 'any',
  defaultMode: 'off',
  docs: {
    summary:
      'Sets automountServiceAccountToken to false where the pod names no service account, and takes out again the token ' +
      'volume and the mounts that the API server has just put in.',
    why: 'Most pods never talk to the API server: a token in them is of use to an intruder only.',
    mayBreak:
      'Programs that talk to the API server as the service account called default, to read their own pod or elect a leader.',
    remedy: 'serviceAccountName: <one of its own>',
    source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/',
  },
  writes: ['automountServiceAccountToken'],
  removes: ['volumes', 'containers[*].volumeMounts'],
  skips: {
    explicitlyMounted: 'automountServiceAccountToken is explicitly true',
    namedServiceAccount: 'it names a service account, which says that it talks to the API server',
    ownTokenVolume:
      'the volume that the API server uses for its token is not as it makes it, so it is the own of the pod',
    ownTokenMount: 'a container mounts the volume with the token in a way of its own',
  },
  notes: {
    ownToken: 'a token that another volume of the pod projects stays',
  },
  options: z.strictObject({}),
  harden(pod) {
    if (pod.automountServiceAccountToken === false) return keep();
    if (pod.automountServiceAccountToken === true) return skip('explicitlyMounted');
    // Unset and named `default` look alike: the API server fills the name in before it calls a webhook.
    const account = pod.serviceAccountName || pod.serviceAccount;
    if (account && account !== 'default') return skip('namedServiceAccount', account);
    return unmount(pod);
  },
});

/** Sets false, and takes out the token if it is in already. */
function unmount(pod: PodSpec) {
  const [volume, second] = pod.volumes?.filter(({ name }) => name.startsWith(volumePrefix)) ?? [];
  const stays = pod.volumes?.some((other) => other !== volume && projectsToken(other)) ?? false;
  if (volume === undefined) return stays ? unsetBesideOwn : unset;
  if (second !== undefined || !injectedVolume.safeParse(volume).success) {
    return skip('ownTokenVolume', second?.name ?? volume.name);
  }
  const user = usersOf(pod).find((container) => !mountsAsInjected(container, volume.name));
  if (user !== undefined) return skip('ownTokenMount', user.name);
  return change<PodSpec, 'ownToken'>(set, { withoutVolume: volume.name, ...(stays && ownToken) });
}

const set = { automountServiceAccountToken: false };
const ownToken: { notes: 'ownToken'[] } = { notes: ['ownToken'] };
const unset = constantChange<PodSpec>(set);
const unsetBesideOwn = constantChange<PodSpec, 'ownToken'>(set, ownToken);

/** Name and prefix as the ServiceAccount admission plugin spells them (ServiceAccountVolumeName). */
const volumePrefix = 'kube-api-access-';
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

const configMap = (name: string, key: string) =>
  z.strictObject({
    configMap: z.strictObject({
      name: z.literal(name),
      items: z.tuple([z.strictObject({ key: z.literal(key), path: z.literal(key) })]),
    }),
  });

const fieldRef = z.strictObject({
  apiVersion: z.literal('v1'),
  fieldPath: z.literal('metadata.namespace'),
});

/** The volume to the letter as the plugin makes it (TokenVolumeSource); OpenShift's has a second certificate. */
const injectedVolume = z.strictObject({
  name: z.string().regex(new RegExp(`^${volumePrefix}[a-z0-9]{5}$`)),
  projected: z.strictObject({
    defaultMode: z.literal(0o644),
    sources: z.tuple([
      z.strictObject({
        serviceAccountToken: z.strictObject({ expirationSeconds: z.literal(3607), path: z.literal('token') }),
      }),
      configMap('kube-root-ca.crt', 'ca.crt'),
      z.strictObject({
        downwardAPI: z.strictObject({
          items: z.tuple([z.strictObject({ path: z.literal('namespace'), fieldRef })]),
        }),
      }),
      configMap('openshift-service-ca.crt', 'service-ca.crt').optional(),
    ]),
  }),
});

const injectedMount = z.strictObject({
  name: z.string(),
  readOnly: z.literal(true),
  mountPath: z.literal(mountPath),
});

function usersOf({ initContainers, containers, ephemeralContainers }: PodSpec): readonly Container[] {
  return [...(initContainers ?? []), ...containers, ...(ephemeralContainers ?? [])];
}

/** Whether the container mounts the volume as the plugin does, or not at all. */
function mountsAsInjected({ volumeMounts }: Container, volume: string): boolean {
  return (
    volumeMounts?.every((mount) => mount.name !== volume || injectedMount.safeParse(mount).success) ?? true
  );
}

function projectsToken({ projected }: Volume): boolean {
  return projected?.sources?.some((source) => source.serviceAccountToken != null) ?? false;
}
