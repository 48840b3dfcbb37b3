import type { Pod } from '../kubernetes.js';
import {
  annotationPlaces,
  type Check,
  containersOf,
  fieldPlaces,
  isExcusedWindows,
  podAndContainersOf,
  podOf,
  valueAt,
} from './check.js';

/** Whether a profile confines the container; none at all does not. */
function isConfining(profile: unknown): boolean {
  const type = valueAt(profile, 'type');
  return type === 'RuntimeDefault' || type === 'Localhost';
}

const isUnconfined = (profile: unknown) => profile !== undefined && !isConfining(profile);

/** An annotation without a value is an empty text to the API server. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

/** By field, and by the annotation that came before it. */
export const appArmorProfile: Check = {
  id: 'appArmorProfile',
  level: 'baseline',
  since: 0,
  places: (pod) => [
    ...fieldPlaces(podAndContainersOf(pod), 'securityContext.appArmorProfile', {
      isForbidden: isUnconfined,
      write: 'securityContext.appArmorProfile: {type: RuntimeDefault}',
    }),
    ...annotationPlaces(pod, (key) => key.startsWith(appArmorPrefix), {
      isForbidden: (value) => !/^(?:$|runtime\/default$|localhost\/)/.test(textOf(value)),
      write: 'runtime/default, or leave the annotation out',
    }),
  ],
};

const seccomp = {
  field: 'securityContext.seccompProfile',
  write: 'securityContext.seccompProfile: {type: RuntimeDefault}',
} as const;

const seccompAnnotation = /^(?:container\.)?seccomp\.security\.alpha\.kubernetes\.io\/(.*)$/;

/** Until v1.18 by annotation, from v1.19 by field. */
export const baselineSeccompProfile: Check = {
  id: 'seccompProfile_baseline',
  level: 'baseline',
  since: 0,
  places(pod, version) {
    if (version >= 19) {
      return fieldPlaces(podAndContainersOf(pod), seccomp.field, {
        isForbidden: isUnconfined,
        write: seccomp.write,
      });
    }
    const names = new Set(containersOf(pod).map(({ name }) => name.slice(name.indexOf('/') + 1)));
    const isMeant = (key: string) => {
      const name = seccompAnnotation.exec(key)?.[1];
      return name !== undefined && (key.startsWith('container.') ? names.has(name) : name === 'pod');
    };
    return annotationPlaces(pod, isMeant, {
      isForbidden: (value) => !/^(?:(?:runtime|docker)\/default$|localhost\/)/.test(textOf(value)),
      write: 'runtime/default, or leave the annotation out',
    });
  },
};

/** Each container has a profile, its own or the pod's. */
export const restrictedSeccompProfile: Check = {
  id: 'seccompProfile_restricted',
  level: 'restricted',
  since: 19,
  overrides: 'seccompProfile_baseline',
  places: (pod, version) => (isExcusedWindows(pod, version) ? [] : unconfined(pod)),
};

function unconfined(pod: Pod) {
  const { write } = seccomp;
  const isInherited = isConfining(valueAt(pod.spec, seccomp.field));
  return [
    ...fieldPlaces([podOf(pod)], seccomp.field, {
      isForbidden: isUnconfined,
      write,
    }),
    ...fieldPlaces(containersOf(pod), seccomp.field, {
      isForbidden: (profile) => (profile === undefined ? !isInherited : !isConfining(profile)),
      write,
    }),
  ];
}
