import { targetOf } from '../../controls/kit/flags.js';
import { containerLists } from '../../kubernetes.js';
import type { Place, Question } from '../guide.js';

/** Whether the pod says on which nodes it may run. */
export const choosesNodes: Question = ({ spec: { nodeSelector, affinity, nodeName } }) => {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (Object.keys(nodeSelector ?? {}).length > 0 || required != null || nodeName) return [];
  const write =
    'nodeSelector: {<a label of the nodes meant for it>}, or the control scheduling in the policy';
  return [{ targets: [], field: 'spec.nodeSelector', found: 'not set', write }];
};

/** Whether the pod is kept out of the namespace that everybody lands in who names none. */
export const avoidsDefaultNamespace: Question = (_pod, { namespace: { name } }) => {
  if (name !== '' && name !== 'default') return [];
  return [{ targets: [], field: 'metadata.namespace', found: 'default', write: 'a namespace of its own' }];
};

/** Whether the pod mounts nothing of the node, whatever the path. */
export const mountsNoHostPath: Question = ({ spec: { volumes } }) => {
  const places = (volumes ?? []).map(({ hostPath }, index): Place | undefined =>
    hostPath == null
      ? undefined
      : {
          targets: [],
          field: `spec.volumes[${index}].hostPath.path`,
          found: hostPath.path,
          write: 'a volume of another kind, such as emptyDir, configMap or persistentVolumeClaim',
        },
  );
  return places.filter((place) => place !== undefined);
};

/** Whether no group is root's. The group that an image names is not known here. */
export const hasNoRootGroup: Question = ({ spec }) => {
  const places: Place[] = [];
  const write = 'a group ID above 0';
  const note = (field: string, group: number | null | undefined, targets: string[]) => {
    if (group === 0) places.push({ targets, field, found: '0', write });
  };
  const { runAsGroup, fsGroup, supplementalGroups } = spec.securityContext ?? {};
  note('spec.securityContext.runAsGroup', runAsGroup, []);
  note('spec.securityContext.fsGroup', fsGroup, []);
  supplementalGroups?.forEach((group, index) =>
    note(`spec.securityContext.supplementalGroups[${index}]`, group, []),
  );
  for (const list of containerLists) {
    spec[list]?.forEach((container, index) =>
      note(`spec.${list}[${index}].securityContext.runAsGroup`, container.securityContext?.runAsGroup, [
        targetOf(list, container),
      ]),
    );
  }
  return places;
};
