import type { Finding, Report } from '../../src/hardening/report.js';
import {
  annotationKeys,
  type Container,
  type ContainerList,
  containerLists,
  type Pod,
} from '../../src/kubernetes.js';
import { visitorVolume } from './pods.js';
import { Breach, expectSame, hardenIn, type Law, planFor, type Scenario, shorten } from './scenario.js';
import { asCreated } from './serverDefaults.js';
import type { Harden } from './subject.js';
import { omit, withoutNulls, withSpec } from './trees.js';

/** Law 3: hardened once, hardened for good; in any order of the controls; with what others add later. */
export const onceIsEnough: Law = (scenario, { harden }) => {
  const first = hardenIn(scenario, scenario.pod, harden);
  expectRest(scenario, first.hardened, harden, 'the hardened pod');
  const asServed = asCreated(first.hardened, scenario.facts);
  if (scenario.created)
    expectRest(scenario, asServed, harden, 'the hardened pod, as the API server sends it again');
  expectAnyOrder(scenario, first, harden);
  expectVisitorHardened(scenario, first, harden);
};

function expectRest(scenario: Scenario, pod: Pod, harden: Harden, what: string): void {
  const { patch } = hardenIn(scenario, pod, harden);
  if (patch.length > 0) throw new Breach(`${what} is changed again: ${shorten(patch)}`);
}

function expectAnyOrder(scenario: Scenario, first: Report, harden: Harden): void {
  const { pod, policy, facts, salt } = scenario;
  const plan = planFor(pod, policy, facts);
  const start = salt % Math.max(1, plan.controls.length);
  const turned = [...plan.controls.slice(start), ...plan.controls.slice(0, start)];
  const controls = salt % 2 === 0 ? turned : turned.toReversed();
  const other = harden(pod, { ...plan, controls }, facts);
  expectSame(
    withSortedMark(other.hardened),
    withSortedMark(first.hardened),
    'another order of controls makes another pod',
  );
  expectSame(sorted(other.findings), sorted(first.findings), 'another order of controls finds otherwise');
}

/** The mark lists controls in the order of the plan: which ones counts, not where. */
function withSortedMark(pod: Pod): Pod {
  const annotations = pod.metadata?.annotations;
  const mark = annotations?.[annotationKeys.hardened];
  if (mark === undefined) return pod;
  const names = mark.split(/[ ,]+/).toSorted().join(',');
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...annotations, [annotationKeys.hardened]: names } },
  };
}

function sorted(findings: readonly Finding[]): Finding[] {
  const keyOf = ({ control, target }: Finding) => `${control} ${target}`;
  return findings.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

/** Whether a container may get resources depends on the whole pod, so that they are left out of the comparison. */
const ofWholePod = 'resources';

/** A container that comes with the second call is hardened as it would have been with the first. */
function expectVisitorHardened(scenario: Scenario, first: Report, harden: Harden): void {
  const { pod, visitor, facts, created, salt } = scenario;
  const { hardened } = first;
  const isVisitor = ({ name }: Container) => name === visitor.name;
  const list = salt % 3 === 0 ? 'initContainers' : 'containers';
  const joined = withVisitor(hardened, visitor, list);
  const served = created ? asCreated(joined, facts) : joined;
  const second = hardenIn(scenario, served, harden);
  for (const kind of containerLists) {
    expectSame(
      othersIn(second.hardened.spec[kind], visitor),
      othersIn(served.spec[kind], visitor),
      `${kind} of the first call are touched again`,
    );
  }
  const atOnce = hardenIn(scenario, withVisitor(pod, visitor, list), harden);
  const target = `${list}/${visitor.name}`;
  if (first.changed.includes('hostUsers') && lacksUser(second, target)) {
    const { runAsUser } = contextOf(second.hardened.spec[list]?.find(isVisitor));
    return expectSame(runAsUser, contextOf(visitor).runAsUser, 'a late container is given another user');
  }
  const seen = ({ findings }: Report) =>
    sorted(findings.filter((finding) => finding.target === target && finding.control !== ofWholePod));
  expectSame(seen(second), seen(atOnce), 'a late container is judged otherwise');
  const grown = (report: Report) => report.hardened.spec[list]?.find(isVisitor);
  const [late, early] = [grown(second), grown(atOnce)];
  expectSame(contextOf(late), contextOf(early), 'a late container is hardened otherwise');
  expectSame(mountsOf(late), mountsOf(early), 'a late container is given other mounts');
}

/** Whether the container has a user that the user namespace of its pod lacks. One that came in time would have kept the
 *  pod without, or had no say in it; come late, it finds one. */
function lacksUser({ findings }: Report, target: string): boolean {
  return findings.some(
    (finding) =>
      finding.target === target &&
      finding.control === 'runAsNonRoot' &&
      finding.decision.kind === 'skip' &&
      finding.decision.reason === 'unmappedUser',
  );
}

/** The pod as another webhook leaves it, which brings along a container and the volume that it mounts. */
export function withVisitor(host: Pod, visitor: Container, list: ContainerList): Pod {
  const mounts = visitor.volumeMounts?.some(({ name }) => name === visitorVolume) ?? false;
  return withSpec(host, {
    [list]: [...(host.spec[list] ?? []), visitor],
    ...(mounts && { volumes: [...(host.spec.volumes ?? []), { name: visitorVolume, emptyDir: {} }] }),
  });
}

function othersIn(containers: readonly Container[] | undefined, visitor: Container) {
  return containers
    ?.filter(({ name }) => name !== visitor.name)
    .map((container) => omit(container, ofWholePod));
}

function contextOf(container: Container | undefined) {
  return withoutNulls(container?.securityContext ?? {});
}

/** Without the token and with `false` as nothing, as only the API server's defaults have it. */
function mountsOf(container: Container | undefined) {
  const mounts = container?.volumeMounts?.filter(({ mountPath }) => !mountPath.includes('serviceaccount'));
  return withoutNulls(
    (mounts ?? []).map((mount) => (mount.readOnly === false ? omit(mount, 'readOnly') : mount)),
  );
}
