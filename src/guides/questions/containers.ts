import { targetOf } from '../../controls/kit/flags.js';
import { addsCapability, canonicalCapability } from '../../controls/kit/security.js';
import { type Container, containerLists, type Pod } from '../../kubernetes.js';
import type { Place, Question } from '../guide.js';

type Here = Omit<Place, 'targets'>;

/** A question that is put to each init and regular container; fields are from there. */
function ofEach(ask: (container: Container, pod: Pod) => readonly Here[]): Question {
  return (pod) =>
    containerLists.flatMap((list) =>
      (pod.spec[list] ?? []).flatMap((container, index) =>
        ask(container, pod).map(({ field, found, write }) => ({
          targets: [targetOf(list, container)],
          field: `spec.${list}[${index}].${field}`,
          found,
          write,
        })),
      ),
    );
}

/** Whether the capability to forge packets is gone. */
export const lacksNetRaw: Question = ofEach(({ securityContext }) => {
  const dropped = new Set(securityContext?.capabilities?.drop?.map(canonicalCapability));
  const field = 'securityContext.capabilities';
  if (addsCapability(securityContext, 'NET_RAW') || addsCapability(securityContext, 'ALL'))
    return [
      { field: `${field}.add`, found: 'NET_RAW is among them', write: `${field}.add: without NET_RAW` },
    ];
  if (dropped.has('ALL') || dropped.has('NET_RAW')) return [];
  return [{ field: `${field}.drop`, found: 'without NET_RAW', write: `${field}.drop: [ALL]` }];
});

/** Whether none is added but the one that level restricted allows. */
export const addsNoCapabilities: Question = ofEach(({ securityContext }) => {
  const added = securityContext?.capabilities?.add ?? [];
  const others = added.filter((name) => canonicalCapability(name) !== 'NET_BIND_SERVICE');
  if (others.length === 0) return [];
  const field = 'securityContext.capabilities.add';
  return [{ field, found: `[${others.join(', ')}]`, write: `${field}: none, or [NET_BIND_SERVICE]` }];
});

/** Whether no container is a process of a Windows node. */
export const isNoHostProcess: Question = ofEach(({ securityContext }, { spec }) => {
  const own = securityContext?.windowsOptions?.hostProcess;
  if ((own ?? spec.securityContext?.windowsOptions?.hostProcess) !== true) return [];
  const field = 'securityContext.windowsOptions.hostProcess';
  return [{ field, found: 'true', write: `${field}: false` }];
});

/** Whether Secrets come as files, and not as variables, which logs and child processes get to see. */
export const hasNoSecretVariables: Question = ofEach(({ env, envFrom }) => {
  const write = 'a volume of the kind secret, and its mount';
  const places: Here[] = [];
  env?.forEach(({ name, valueFrom }, index) => {
    if (valueFrom?.secretKeyRef == null) return;
    places.push({ field: `env[${index}].valueFrom.secretKeyRef`, found: `for ${name}`, write });
  });
  // Hardening reads no envFrom, so nobody has looked at its type.
  if (Array.isArray(envFrom)) {
    (envFrom as NonNullable<Container['envFrom']>).forEach(({ secretRef }, index) => {
      if (secretRef == null) return;
      places.push({ field: `envFrom[${index}].secretRef`, found: secretRef.name ?? '', write });
    });
  }
  return places;
});

/** Whether AppArmor is not switched off; left unset, the runtime's own profile holds where the node has AppArmor. */
export const keepsAppArmor: Question = ofEach(({ name, securityContext }, { metadata, spec }) => {
  const profile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
  const annotation = metadata?.annotations?.[`container.apparmor.security.beta.kubernetes.io/${name}`];
  if (profile?.type !== 'Unconfined' && annotation !== 'unconfined') return [];
  const field = 'securityContext.appArmorProfile.type';
  return [{ field, found: 'Unconfined', write: `${field}: RuntimeDefault` }];
});
