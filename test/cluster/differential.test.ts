/**
 * The central promise, on a real API server: whatever pod comes, it is created by server-side dry run without and with
 * the webhook, and compared.
 *
 *     SEED=123       repeats the run that printed this seed
 *     RUNS=100000    pods instead of 5,000 (`make e2e-soak`)
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { policyArbitrary } from '../laws/policies.js';
import { seed } from '../laws/run.js';
import { policyNamed } from './barePod.js';
import { type Cluster } from './cluster.js';
import { Judge } from './differential/judge.js';
import { makePlaces, type Place, runtimeClass } from './differential/places.js';
import { careful, demandHardened, placing, thorough } from './differential/policies.js';
import { Reach } from './differential/reach.js';
import { describeFailure, shrink } from './differential/shrink.js';
import { sweep } from './differential/sweep.js';
import { Tally } from './differential/tally.js';
import { witnessesOf } from './differential/witnesses.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';

const usualRuns = 5000;
const runtimeClasses = '/apis/node.k8s.io/v1/runtimeclasses';
const runs = Number(process.env.RUNS ?? usualRuns);

/** Milliseconds for all pods, at a tenth of the usual pace, and for the smallest of those that fail. */
const timeLimit = 300_000 + 100 * runs;

const drawnPolicies = fc.sample(policyArbitrary, { seed, numRuns: 4 });
const documents = [
  thorough,
  careful,
  placing,
  ...drawnPolicies.map(({ spec }, index) => policyNamed(`drawn-${index}`, spec)),
].map(demandHardened);
const policies = Object.fromEntries(documents.map((policy) => [policy.metadata.name, policy]));

let cluster: Cluster;
let installation: Installation;
let places: Place[];
const tally = new Tally();
const reach = new Reach();

beforeAll(async () => {
  cluster = await connect();
  // With failurePolicy Ignore a webhook that is too late on a busy machine would look like one that changes nothing.
  const webhook = { failurePolicy: 'Fail', timeoutSeconds: 30 };
  installation = await install(cluster, { values: { policies, webhook }, isConfined: true });
  await cluster.requestOk('POST', runtimeClasses, runtimeClass);
  const names = ['default', ...Object.keys(policies)];
  places = await makePlaces(cluster, installation, { drawn: 20, seed, policies: names });
});

afterAll(async () => {
  await installation?.uninstall();
  await cluster?.request('DELETE', `${runtimeClasses}/${runtimeClass.metadata.name}`);
  cluster?.close();
  process.stdout.write(
    `${tally.describe()}\n${tally.describeRefusals()}\n(Kubernetes ${cluster?.version}, SEED=${seed})\n`,
  );
});

describe('generated pods', () => {
  it(
    'are accepted, keep what they chose, start, and are hardened once and as it is told',
    async () => {
      const judge = new Judge(witnessesOf(cluster, installation));
      const failures = await sweep({ count: runs, seed }, places, judge, { tally, reach });
      const told: string[] = [];
      for (const failure of failures)
        told.push(describeFailure(await shrink(failure, judge), policies, seed));
      expect(told.join('\n')).toBe('');
    },
    timeLimit,
  );

  it('are mostly accepted without us', () => {
    expect([tally.describeRefusals(), tally.accepted > 0.7]).toEqual([expect.anything(), true]);
  });

  it('are never answered with an error of ours', async () => {
    const samples = await installation.processes[0]?.counters('podtemper_reviews_total');
    const failed = samples?.filter(({ labels }) => ['failed', 'malformed'].includes(labels['outcome'] ?? ''));
    expect(failed?.map(({ value }) => value)).toEqual([0, 0]);
  });

  (runs < usualRuns ? it.skip : it)(
    'reach each corner, each outcome of each control, and each notice',
    () => {
      expect([`SEED=${seed}`, ...reach.missing()]).toEqual([`SEED=${seed}`]);
    },
  );
});
