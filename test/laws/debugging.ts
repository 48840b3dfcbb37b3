import fc, { type Arbitrary } from 'fast-check';
import type { MutatingMode } from '../../src/controls/kit/define.js';
import type { EphemeralContainer, NamespaceFacts, Pod } from '../../src/kubernetes.js';
import type { PolicyDocument } from '../../src/policy/schema.js';
import { type Fields, optional, pick } from './arbitraries.js';
import { rawContainer } from './containers.js';
import { podInNamespace } from './pods.js';
import { policyArbitrary } from './policies.js';
import { repairPod, resolveMounts } from './repair.js';
import { asCreated } from './serverDefaults.js';
import { omit, withSpec } from './trees.js';

/** Ephemeral containers on their way to a running pod. */
export interface Debugging {
  /** The pod as it is stored. */
  readonly before: Pod;
  /** The pod that is sent: with more ephemeral containers, and with changes that the API server reverts. */
  readonly sent: Pod;
  readonly facts: NamespaceFacts;
  readonly policy: PolicyDocument;
}

interface Drawn {
  readonly raw: Fields;
  /** Number of the container that it targets, of those that the pod has. */
  readonly target: number | undefined;
}

const drawnContainer: Arbitrary<Drawn> = fc.record({ raw: rawContainer, target: optional(50, fc.nat(9)) });

/** What an ephemeral container must not have. */
const forbidden = ['ports', 'resources', 'livenessProbe'];

/** Changes of the pod that come along in the same request. */
const forgeries: readonly ((pod: Pod) => Pod)[] = [
  (pod) => pod,
  (pod) => ({ ...pod, metadata: { ...pod.metadata, annotations: { 'podtemper.io/opt-out': 'all' } } }),
  (pod) => withSpec(pod, { os: { name: 'windows' } }),
  (pod) =>
    withSpec(pod, { securityContext: { runAsNonRoot: false, seccompProfile: { type: 'Unconfined' } } }),
];

/** Pods of every kind, up to two ephemeral containers that they have and up to two that they get, policies. */
export const debuggingArbitrary: Arbitrary<Debugging> = fc
  .record({
    place: podInNamespace,
    policy: policyArbitrary,
    mode: pick<MutatingMode>('enforce', 'enforce', 'enforce', 'enforce', 'warn', 'audit', 'off'),
    existing: fc.array(drawnContainer, { maxLength: 2 }),
    added: fc.array(drawnContainer, { minLength: 1, maxLength: 2 }),
    addedFirst: fc.boolean(),
    forge: pick(...forgeries),
  })
  .map(({ place: { pod, facts }, policy, mode, existing, added, addedFirst, forge }) => {
    const running = withSpec(asCreated(pod, facts), { ephemeralContainers: [] });
    const containers = ephemeralContainers([...existing, ...added], running);
    const [old, fresh] = [containers.slice(0, existing.length), containers.slice(existing.length)];
    // kubectl's patch puts the new ones first, a client that appends and updates puts them last.
    const all = addedFirst ? [...fresh, ...old] : [...old, ...fresh];
    return {
      before: withSpec(running, { ephemeralContainers: old }),
      sent: forge(withSpec(running, { ephemeralContainers: all })),
      facts,
      policy: { ...policy, spec: { ...policy.spec, ephemeralContainers: { mode } } },
    };
  });

/** The containers as that pod can have them. */
function ephemeralContainers(drawn: readonly Drawn[], pod: Pod): EphemeralContainer[] {
  const { volumes = [], containers, initContainers = [] } = pod.spec;
  const targets = [...containers, ...initContainers];
  const whole = drawn.map(({ raw, target }, index) => {
    const container = { ...omit(raw, ...forbidden), name: `debugger-${index}` } as EphemeralContainer;
    const mounted = resolveMounts(
      container,
      volumes.map(({ name }) => name),
    );
    const targeted = target === undefined ? undefined : targets[target % targets.length]?.name;
    return { ...withoutSubPaths(mounted), ...(targeted !== undefined && { targetContainerName: targeted }) };
  });
  // What the API server refuses of them it refuses of regular containers too.
  const repaired = asCreated(repairPod(withSpec(pod, { containers: [...containers, ...whole] })), noFacts);
  const mended = repaired.spec.containers.slice(containers.length);
  return mended.map((container) => Object.assign({}, container, { resources: {} }));
}

const noFacts: NamespaceFacts = {
  name: '',
  labels: {},
  annotations: {},
  limitRanges: [],
  resourceQuotas: [],
};

function withoutSubPaths<C extends Pick<EphemeralContainer, 'volumeMounts'>>(container: C): C {
  const { volumeMounts } = container;
  if (volumeMounts == null) return container;
  return { ...container, volumeMounts: volumeMounts.map((mount) => omit(mount, 'subPath')) };
}

/** The pod as if its ephemeral containers were regular ones: the same rules hold for their security contexts. */
export function asRegular(pod: Pod): Pod {
  const { ephemeralContainers: ephemeral = [], containers } = pod.spec;
  return withSpec(pod, { containers: [...containers, ...ephemeral], ephemeralContainers: [] });
}
