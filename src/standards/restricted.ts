import { isMapping } from '../shape.js';
import { keptCapabilities, unmaskedProc } from './baseline.js';
import {
  type Check,
  containersOf,
  fieldPlaces,
  isExcusedUserNamespace,
  isExcusedWindows,
  itemsAt,
  namePlaces,
  podAndContainersOf,
  podOf,
  valueAt,
  volumesOf,
} from './check.js';
import { restrictedSeccompProfile } from './profiles.js';

const level = 'restricted';

const allowPrivilegeEscalation: Check = {
  id: 'allowPrivilegeEscalation',
  level,
  since: 8,
  places(pod, version) {
    if (isExcusedWindows(pod, version)) return [];
    return fieldPlaces(containersOf(pod), 'securityContext.allowPrivilegeEscalation', {
      isForbidden: (value) => value !== false,
      write: 'securityContext.allowPrivilegeEscalation: false',
    });
  },
};

const capabilities: Check = {
  id: 'capabilities_restricted',
  level,
  since: 22,
  overrides: 'capabilities_baseline',
  places(pod, version) {
    if (isExcusedWindows(pod, version)) return [];
    return [
      ...containersOf(pod).flatMap(({ name, value }) => {
        const field = 'securityContext.capabilities.drop';
        if (itemsAt(value, field).includes('ALL')) return [];
        return [{ target: name, field, found: valueAt(value, field), write: `${field}: [ALL]` }];
      }),
      ...namePlaces(containersOf(pod), 'securityContext.capabilities.add', {
        isForbidden: (name) => name !== 'NET_BIND_SERVICE',
        write: keptCapabilities,
      }),
    ];
  },
};

const procMount: Check = {
  id: 'procMount_restricted',
  level,
  since: 35,
  overrides: 'procMount',
  places: unmaskedProc,
};

const usualSources = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const restrictedVolumes: Check = {
  id: 'restrictedVolumes',
  level,
  since: 0,
  overrides: 'hostPathVolumes',
  places: (pod) =>
    volumesOf(pod).flatMap(({ name, value }) => {
      const [source, ...others] = sourcesOf(value);
      // A volume without a source is an emptyDir.
      if (source === undefined || [source, ...others].some((one) => usualSources.has(one))) return [];
      const write = 'a volume of another kind, such as persistentVolumeClaim or emptyDir';
      return [{ target: name, field: source, found: valueAt(value, source), write }];
    }),
};

function sourcesOf(volume: unknown): string[] {
  return Object.keys(isMapping(volume) ? volume : {}).filter(
    (key) => key !== 'name' && valueAt(volume, key) !== undefined,
  );
}

const nonRoot = 'securityContext.runAsNonRoot';

const runAsNonRoot: Check = {
  id: 'runAsNonRoot',
  level,
  since: 0,
  places(pod, version) {
    if (isExcusedUserNamespace(pod, version)) return [];
    const isInherited = valueAt(pod.spec, nonRoot) === true;
    const write = `${nonRoot}: true`;
    return [
      ...fieldPlaces([podOf(pod)], nonRoot, { isForbidden: (value) => value === false, write }),
      ...fieldPlaces(containersOf(pod), nonRoot, {
        isForbidden: (value) => value === false || (value === undefined && !isInherited),
        write,
      }),
    ];
  },
};

const runAsUser: Check = {
  id: 'runAsUser',
  level,
  since: 23,
  places(pod, version) {
    if (isExcusedUserNamespace(pod, version)) return [];
    return fieldPlaces(podAndContainersOf(pod), 'securityContext.runAsUser', {
      isForbidden: (value) => value === 0,
      write: 'securityContext.runAsUser: <a user ID above 0>, or leave it out',
    });
  },
};

/** What `restricted` demands beyond `baseline`: the practice of hardening a pod. */
export const restricted: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  procMount,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  restrictedSeccompProfile,
];
