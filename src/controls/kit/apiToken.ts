import * as z from 'zod';
import type { Container, PodSpec, Volume } from '../../kubernetes.js';

/** What can become of the token that the API server puts into a pod. */
export type TokenFate =
  /** The pod has none. */
  | { readonly kind: 'none' }
  /** It can be taken out: by `automountServiceAccountToken: false`, and with the volume where that is there already. */
  | { readonly kind: 'goes'; readonly volume: string | undefined; readonly hasOwnToken: boolean }
  /** It has to stay. */
  | {
      readonly kind: 'explicitlyMounted' | 'namedServiceAccount' | 'ownTokenVolume' | 'ownTokenMount';
      readonly detail?: string;
    };

const none: TokenFate = { kind: 'none' };
const explicit: TokenFate = { kind: 'explicitlyMounted' };

/** What serviceAccountToken makes of the token, so that other controls can tell without reading its output. */
export function tokenFate(pod: PodSpec): TokenFate {
  if (pod.automountServiceAccountToken === false) return none;
  if (pod.automountServiceAccountToken === true) return explicit;
  // Unset and named `default` look alike: the API server fills the name in before it calls a webhook.
  const account = pod.serviceAccountName || pod.serviceAccount;
  if (account && account !== 'default') return { kind: 'namedServiceAccount', detail: account };
  return fateInVolumes(pod);
}

/** The same of a pod that says nothing of its token. */
function fateInVolumes(pod: PodSpec): TokenFate {
  const [volume, second] = pod.volumes?.filter(({ name }) => name.startsWith(volumePrefix)) ?? [];
  const hasOwnToken = pod.volumes?.some((other) => other !== volume && projectsToken(other)) ?? false;
  if (volume === undefined) return { kind: 'goes', volume: undefined, hasOwnToken };
  if (second !== undefined || !injectedVolume.safeParse(volume).success) {
    return { kind: 'ownTokenVolume', detail: second?.name ?? volume.name };
  }
  const user = usersOf(pod).find((container) => !mountsAsInjected(container, volume.name));
  if (user !== undefined) return { kind: 'ownTokenMount', detail: user.name };
  return { kind: 'goes', volume: volume.name, hasOwnToken };
}

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
