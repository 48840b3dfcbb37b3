import {
  boolean,
  type Fault,
  listOf,
  mapping,
  mappingOf,
  number,
  quantity,
  type Shape,
  text,
} from './shape.js';

const texts = listOf(text);
const textMap = mappingOf(text);
const empty = mapping({});

const resources = mapping({ requests: mappingOf(quantity), limits: mappingOf(quantity) });
const seccompProfile = mapping({ type: text });
const windowsOptions = mapping({ runAsUserName: text });

const containerSecurityContext = mapping({
  privileged: boolean,
  runAsUser: number,
  runAsGroup: number,
  runAsNonRoot: boolean,
  allowPrivilegeEscalation: boolean,
  readOnlyRootFilesystem: boolean,
  capabilities: mapping({ add: texts, drop: texts }),
  seccompProfile,
  windowsOptions,
});

const volumeMount = mapping({ name: text, mountPath: text, readOnly: boolean, subPath: text }, [
  'name',
  'mountPath',
]);

const container = mapping(
  {
    name: text,
    image: text,
    restartPolicy: text,
    command: texts,
    args: texts,
    env: listOf(mapping({ name: text, value: text })),
    lifecycle: mapping({ postStart: mapping({ exec: mapping({ command: texts }) }) }),
    workingDir: text,
    terminationMessagePath: text,
    securityContext: containerSecurityContext,
    resources,
    ports: listOf(mapping({ containerPort: number, hostPort: number, protocol: text })),
    volumeMounts: listOf(volumeMount),
    volumeDevices: listOf(mapping({ name: text, devicePath: text }, ['devicePath'])),
  },
  ['name'],
);

const podSecurityContext = mapping({
  runAsUser: number,
  runAsGroup: number,
  runAsNonRoot: boolean,
  fsGroup: number,
  fsGroupChangePolicy: text,
  supplementalGroups: listOf(number),
  seccompProfile,
  sysctls: listOf(mapping({ name: text, value: text }, ['name'])),
  windowsOptions,
});

const files = mapping({ defaultMode: number, items: listOf(mapping({ mode: number })) });

const volume = mapping(
  {
    name: text,
    emptyDir: mapping({ medium: text, sizeLimit: quantity }),
    hostPath: mapping({ path: text, type: text }, ['path']),
    persistentVolumeClaim: mapping({ readOnly: boolean }),
    csi: mapping({ readOnly: boolean }),
    ephemeral: empty,
    secret: files,
    configMap: files,
    downwardAPI: files,
    projected: mapping({
      defaultMode: number,
      sources: listOf(
        mapping({
          secret: files,
          configMap: files,
          downwardAPI: files,
          serviceAccountToken: mapping({ audience: text }),
        }),
      ),
    }),
  },
  ['name'],
);

const nodeSelectorTerm = mapping({
  matchExpressions: listOf(mapping({ key: text, operator: text, values: texts })),
});

const affinity = mapping({
  nodeAffinity: mapping({
    requiredDuringSchedulingIgnoredDuringExecution: mapping({ nodeSelectorTerms: listOf(nodeSelectorTerm) }),
  }),
});

const toleration = mapping({
  key: text,
  operator: text,
  value: text,
  effect: text,
  tolerationSeconds: number,
});

const spreadConstraint = mapping({ topologyKey: text, whenUnsatisfiable: text });

const spec = mapping(
  {
    initContainers: listOf(container),
    containers: listOf(container),
    ephemeralContainers: listOf(container),
    securityContext: podSecurityContext,
    resources,
    volumes: listOf(volume),
    nodeSelector: textMap,
    affinity,
    tolerations: listOf(toleration),
    topologySpreadConstraints: listOf(spreadConstraint),
    nodeName: text,
    runtimeClassName: text,
    serviceAccountName: text,
    serviceAccount: text,
    automountServiceAccountToken: boolean,
    hostAliases: listOf(mapping({ ip: text, hostnames: texts })),
    hostNetwork: boolean,
    hostPID: boolean,
    hostIPC: boolean,
    hostUsers: boolean,
    os: mapping({ name: text }),
  },
  ['containers'],
);

/** The fields that hardening reads, of a pod or pod template, with the types that the API gives them. */
const pod: Shape = mapping(
  {
    metadata: mapping({
      name: text,
      generateName: text,
      namespace: text,
      labels: textMap,
      annotations: textMap,
      ownerReferences: listOf(mapping({ kind: text, controller: boolean })),
    }),
    spec,
  },
  ['spec'],
);

/** What first keeps `value` from being read as a pod or pod template. */
export function podFault(value: unknown): Fault | undefined {
  return pod(value);
}
