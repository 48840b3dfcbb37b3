import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { StatusError } from '../../src/cluster/exchange.js';
import { diagnose } from '../../src/doctor/diagnose.js';
import type { Installation } from '../../src/doctor/installation.js';
import { readTrial } from '../../src/doctor/reader/trial.js';
import { found, missing, type Reading, unread } from '../../src/doctor/reading.js';
import { healthy } from './healthy.js';

type Labels = Readonly<Record<string, string>>;
type Answers = Readonly<Record<string, object | string>>;

const observe = readFileSync(new URL('../../manifests/policies/observe.yaml', import.meta.url), 'utf8');
const byDefault = [
  'runAsNonRoot',
  'readOnlyRootFilesystem',
  'capabilities',
  'seccompProfile',
  'allowPrivilegeEscalation',
  'resources',
  'unprivilegedPorts',
  'fsGroup',
];
/** A policy that leaves on, of all that is on by default, one control. */
const alone = (name: string, control: string) =>
  JSON.stringify({
    apiVersion: 'podtemper.io/v1alpha1',
    kind: 'HardeningPolicy',
    metadata: { name },
    spec: {
      controls: Object.fromEntries(
        byDefault.filter((id) => id !== control).map((id) => [id, { mode: 'off' }]),
      ),
    },
  });
/** As Kubernetes 1.37 words it. */
const violates = (what: string) =>
  `pods "podtemper-doctor-" is forbidden: violates PodSecurity "restricted:latest": ${what}`;
const restricted =
  'allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false), ' +
  'unrestricted capabilities (container "app" must set securityContext.capabilities.drop=["ALL"]), ' +
  'runAsNonRoot != true (pod or container "app" must set securityContext.runAsNonRoot=true), ' +
  'seccompProfile (pod or container "app" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

const policies = found([
  { file: 'observe.yaml', text: observe },
  { file: 'resources.yaml', text: alone('resources', 'resources') },
]);

const enforce = { 'podtemper.io/mode': 'enforce' };
const observed = { ...enforce, 'podtemper.io/policy': 'observe' };
const hardened = { metadata: { annotations: { 'podtemper.io/hardened': 'default: runAsNonRoot' } } };
const asItWas = { metadata: {} };

/** What is read of a pod where the API server answers so in each namespace; a text is a refusal. */
async function tryIn(
  labels: Readonly<Record<string, Labels>>,
  answers: Answers,
  change: Partial<Installation> = { policies },
): Promise<{ trial: Reading<unknown>; tried: string[]; codes: string[]; notSeen: string[] }> {
  const namespaces = found(
    Object.entries(labels).map(([name, own]) => ({ metadata: { name, labels: own } })),
  );
  const tried: string[] = [];
  const connection = {
    write: async (path: string): Promise<unknown> => {
      const [, namespace = ''] = /namespaces\/([^/]+)\/pods\?dryRun=All$/.exec(path) ?? [];
      tried.push(namespace);
      const answer = answers[namespace];
      if (typeof answer === 'string') throw new StatusError(`POST ${path}`, 403, answer);
      return answer;
    },
  };
  const installation = { ...healthy, namespaces, ...change };
  const trial = await readTrial(connection, installation);
  const { findings, notLookedAt } = diagnose({ ...installation, trial });
  const notSeen = notLookedAt.filter(({ what }) => what === 'a pod by dry run').map(({ why }) => why);
  return { trial, tried, codes: findings.map(({ code }) => code), notSeen };
}

describe('readTrial', () => {
  it('tries a pod where the policy changes it, and not where it only looks', async () => {
    const { trial, tried, codes } = await tryIn({ a: observed, b: enforce }, { a: asItWas, b: hardened });
    expect({ tried, codes }).toEqual({ tried: ['b'], codes: [] });
    expect(trial).toMatchObject({ value: { namespace: 'b', isHardened: true } });
  });

  it('expects what the policy of the namespace changes', async () => {
    const { trial, codes } = await tryIn({ a: enforce }, { a: asItWas });
    expect(trial).toMatchObject({
      value: { expected: expect.arrayContaining(['runAsNonRoot', 'capabilities', 'seccompProfile']) },
    });
    expect(codes).toEqual(['notHardened']);
  });

  it.each([
    ['all controls only look', observed],
    ['a LimitRange may have set resources before', { ...enforce, 'podtemper.io/policy': 'resources' }],
    ['there is no such policy', { ...enforce, 'podtemper.io/policy': 'misspelt' }],
  ])('has not seen anything where %s', async (_title, labels) => {
    const { codes, notSeen } = await tryIn({ a: labels }, { a: asItWas });
    expect(codes).not.toContain('notHardened');
    expect(notSeen).toEqual(['the policy need not change it; it came back as it was in namespace a']);
  });

  it.each([
    ['could not be read', unread('forbidden')],
    ['do not load', found([{ file: 'a.yaml', text: 'kind: HardeningPolicie' }])],
    ['are not there', missing],
  ])('takes hardening for granted nowhere while the policies %s', async (_title, unknown) => {
    const change = { policies: unknown };
    const { codes, notSeen } = await tryIn({ a: enforce }, { a: asItWas }, change);
    expect(codes).not.toContain('notHardened');
    expect(notSeen).toEqual([
      'whether the policy changes it is not known; it came back as it was in namespace a',
    ]);
    expect((await tryIn({ a: enforce }, { a: hardened }, change)).notSeen).toEqual([]);
  });

  it('sees a call that fails, also where the policy only looks', async () => {
    const { codes } = await tryIn({ a: observed }, { a: 'failed calling webhook "pods.podtemper.io": EOF' });
    expect(codes).toEqual(['callFails']);
  });

  it('sees by what Pod Security misses that the pod was not hardened', async () => {
    const { codes, notSeen } = await tryIn({ a: enforce }, { a: violates(restricted) });
    expect({ codes, notSeen }).toEqual({ codes: ['notHardened'], notSeen: [] });
  });

  it('blames nobody for what no control would have set', async () => {
    const refusal = violates('hostPort (container "app" uses hostPort 80)');
    const { codes, notSeen } = await tryIn({ a: enforce }, { a: refusal });
    expect({ codes, notSeen }).toEqual({ codes: [], notSeen: [expect.stringContaining(refusal)] });
    const labels = { ...enforce, 'podtemper.io/policy': 'read-only' };
    const readOnly = found([{ file: 'a.yaml', text: alone('read-only', 'readOnlyRootFilesystem') }]);
    expect((await tryIn({ a: labels }, { a: violates(restricted) }, { policies: readOnly })).codes).toEqual(
      [],
    );
  });

  it('tries elsewhere where others refuse the pod, and says so where it is refused everywhere', async () => {
    const quota = 'exceeded quota: compute-resources';
    const labels = { a: enforce, b: enforce };
    const second = await tryIn(labels, { a: quota, b: hardened });
    expect(second).toMatchObject({ tried: ['a', 'b'], codes: [], notSeen: [] });
    expect((await tryIn(labels, { a: quota, b: asItWas })).codes).toEqual(['notHardened']);
    const { codes, notSeen } = await tryIn(labels, { a: quota, b: quota });
    expect({ codes, notSeen }).toEqual({
      codes: [],
      notSeen: [expect.stringMatching(/^namespace a refused it: .*exceeded quota/)],
    });
  });

  it('says so where no namespace is in mode enforce', async () => {
    const { tried, notSeen } = await tryIn({ a: { 'podtemper.io/mode': 'audit' }, b: {} }, {});
    expect({ tried, notSeen }).toEqual({ tried: [], notSeen: ['no namespace is in mode enforce'] });
  });
});
