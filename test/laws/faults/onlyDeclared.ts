import type { Operation } from 'fast-json-patch';
import { change } from '../../../src/controls/kit/decision.js';
import type { Container, PodSpec } from '../../../src/kubernetes.js';
import { omit } from '../trees.js';
import { deciding, decidingOnPods, type Fault, withControls, withPatch, withReport } from './breaking.js';

/** Faults that write what nobody declared. */
export const faultsAgainstOnlyDeclared: readonly Fault[] = [
  {
    name: 'a control sets a field of another',
    seen: /undeclared: .*procMount/,
    subject: deciding('seccompProfile', (decision) =>
      decision.kind === 'change'
        ? change<Container>({
            securityContext: { seccompProfile: { type: 'RuntimeDefault' }, procMount: 'Default' },
          })
        : decision,
    ),
  },
  {
    name: 'a control of pods sets a second field',
    seen: /undeclared: .*supplementalGroups/,
    subject: decidingOnPods('fsGroup', (decision) =>
      decision.kind === 'change'
        ? change<PodSpec>({ securityContext: { fsGroup: 1000, supplementalGroups: [1000] } })
        : decision,
    ),
  },
  {
    name: 'a control that adds only takes a volume away',
    seen: /undeclared: .*spec\.volumes/,
    subject: decidingOnPods('fsGroup', (decision, { volumes }) =>
      decision.kind === 'change' && volumes?.[0] !== undefined
        ? { ...decision, withoutVolume: volumes[0].name }
        : decision,
    ),
  },
  {
    name: 'a control patches in whatever mode it is',
    seen: /all together: undeclared/,
    subject: withControls((control) => ({ ...control, mode: 'enforce' })),
  },
  {
    name: 'what was found costs the pod its patch',
    seen: /an advisory control has a part in the patch/,
    subject: withReport(({ findings, patch }, pod) =>
      findings.some(({ decision }) => decision.kind === 'flag') && patch.length > 0
        ? { patch: [], hardened: pod }
        : {},
    ),
  },
  {
    name: 'an annotation is added besides the mark',
    seen: /undeclared: metadata\.annotations\.seen/,
    subject: withPatch((patch, { metadata }) =>
      metadata?.annotations == null
        ? patch
        : [...patch, { op: 'add', path: '/metadata/annotations/seen', value: 'yes' }],
    ),
  },
  {
    name: 'the mark is set on a pod that is left as it is',
    seen: /marked without a change/,
    subject: withPatch((patch, { metadata }) =>
      patch.length > 0 || metadata?.annotations == null
        ? patch
        : [{ op: 'add', path: '/metadata/annotations/podtemper.io~1hardened', value: 'default: ' }],
    ),
  },
  {
    name: 'ephemeral containers are hardened too',
    seen: /undeclared: spec\.ephemeralContainers/,
    subject: withPatch((patch, pod) => {
      const containers = pod.spec.ephemeralContainers ?? [];
      const more = containers.map((_, index): Operation => {
        const path = `/spec/ephemeralContainers/${index}/securityContext/readOnlyRootFilesystem`;
        return { op: 'add', path, value: true };
      });
      return [...patch, ...more];
    }),
  },
  {
    name: 'empty lists are tidied away',
    seen: /undeclared: spec\.initContainers/,
    subject: withReport(({ hardened }) => ({
      hardened: {
        ...hardened,
        spec:
          hardened.spec.initContainers?.length === 0 ? omit(hardened.spec, 'initContainers') : hardened.spec,
      },
    })),
  },
];
