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
const onlyResources = `
apiVersion: podtemper.io/v1alpha1
kind: HardeningPolicy
metadata: { name: resources }
spec:
  controls: { ${['runAsNonRoot', 'readOnlyRootFilesystem', 'capabilities', 'seccompProfile', 'fsGroup', 'allowPrivilegeEscalation', 'unprivilegedPorts'].map((id) => `${id}: { mode: off }`).join(', ')} }
`;
const policies = found([
  { file: 'observe.yaml', text: observe },
  { file: 'resources.yaml', text: onlyResources },
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
    expect(notSeen).toEqual(['it came back as it was in namespace a, whose policy changes nothing of it']);
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
      'it came back as it was in namespace a; whether its policy changes it is not known',
    ]);
    expect((await tryIn({ a: enforce }, { a: hardened }, change)).notSeen).toEqual([]);
  });

  it('sees a call that fails, also where the policy only looks', async () => {
    const { codes } = await tryIn({ a: observed }, { a: 'failed calling webhook "pods.podtemper.io": EOF' });
    expect(codes).toEqual(['callFails']);
  });

  it('says so where no namespace is in mode enforce', async () => {
    const { tried, notSeen } = await tryIn({ a: { 'podtemper.io/mode': 'audit' }, b: {} }, {});
    expect({ tried, notSeen }).toEqual({ tried: [], notSeen: ['no namespace is in mode enforce'] });
  });
});
