import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LeaderElection } from '../../src/cluster/leaderElection.js';
import { FakeTiming } from '../facts/fakeTiming.js';
import { FakeObjects } from './fakeObjects.js';

const path = '/apis/coordination.k8s.io/v1/namespaces/system/leases/podtemper';
const lost = new Error('ECONNREFUSED');

interface Candidate {
  readonly election: LeaderElection;
  /** What it was told about its lead. */
  readonly told: boolean[];
  readonly errors: unknown[];
}

/** Candidates for one Lease. */
class Scene {
  readonly objects = new FakeObjects();
  readonly timing = new FakeTiming();
  #candidates: Candidate[] = [];

  /** @param hours by which its time of day is wrong */
  add(identity: string, { hours = 0, objects = this.objects, timing = this.timing } = {}): Candidate {
    const told: boolean[] = [];
    const errors: unknown[] = [];
    const election = new LeaderElection({
      connection: objects,
      namespace: 'system',
      name: 'podtemper',
      identity,
      timing,
      clock: () => new Date(Date.UTC(2026, 10, 23, hours, 0, 0, timing.now())),
      onChange: (isLeading) => told.push(isLeading),
      onTry: (error) => error !== undefined && errors.push(error),
    }).start();
    const candidate = { election, told, errors };
    this.#candidates.push(candidate);
    return candidate;
  }

  async seconds(count: number): Promise<void> {
    await this.settle();
    for (let quarter = 0; quarter < 4 * count; quarter += 1) {
      this.timing.advance(250);
      await this.settle();
      // Whatever happens: never two by their own account.
      expect(this.#candidates.filter(({ election }) => election.isLeading()).length).toBeLessThan(2);
    }
  }

  async settle(): Promise<void> {
    for (let turns = 0; turns < 8; turns += 1) await turn();
  }

  spec(): Record<string, unknown> {
    return this.objects.at(path)?.spec as Record<string, unknown>;
  }
}

/** Objects that a candidate cannot reach while that is so. */
function reachable(objects: FakeObjects) {
  const way = { isOpen: true };
  const through = new FakeObjects();
  through.get = async (target) => (way.isOpen ? objects.get(target) : Promise.reject(lost));
  through.write = async (target, written) =>
    way.isOpen ? objects.write(target, written) : Promise.reject(lost);
  return { way, objects: through };
}

describe('a candidate', () => {
  it('makes the Lease, leads at once, and renews it', async () => {
    const scene = new Scene();
    const { election, told } = scene.add('one');
    expect(election.isLeading()).toBe(false);
    await scene.settle();
    expect(election.isLeading()).toBe(true);
    expect(election.holder()).toBe('one');
    expect(scene.objects.at(path)).toMatchObject({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'podtemper', namespace: 'system' },
      spec: {
        holderIdentity: 'one',
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        acquireTime: '2026-11-23T00:00:00.000000Z',
        renewTime: '2026-11-23T00:00:00.000000Z',
      },
    });
    await scene.seconds(60);
    expect(scene.spec()).toMatchObject({
      acquireTime: '2026-11-23T00:00:00.000000Z',
      renewTime: '2026-11-23T00:01:00.000000Z',
      leaseTransitions: 0,
    });
    expect(told).toEqual([true]);
    expect(scene.objects.requests.filter((request) => request.startsWith('GET'))).toHaveLength(1);
  });

  it('waits while another leads, whose clock may be hours off', async () => {
    for (const hours of [-5, 0, 5]) {
      const scene = new Scene();
      scene.add('one', { hours });
      await scene.settle();
      const { election, told } = scene.add('two');
      await scene.seconds(60);
      expect([election.isLeading(), election.holder(), told]).toEqual([false, 'one', []]);
    }
  });

  it('takes the lead of one that is gone, after the time that its Lease names', async () => {
    for (const hours of [-5, 0, 5]) {
      const scene = new Scene();
      const renewTime = `2026-11-23T${12 + hours}:00:00.000000Z`;
      const spec = { holderIdentity: 'gone', leaseDurationSeconds: 20, leaseTransitions: 6, renewTime };
      scene.objects.put(path, { metadata: { labels: { kept: 'yes' } }, spec });
      const { election } = scene.add('one');
      await scene.seconds(19);
      expect(election.isLeading()).toBe(false);
      await scene.seconds(4);
      expect(election.isLeading()).toBe(true);
      expect(scene.spec()).toMatchObject({ holderIdentity: 'one', leaseTransitions: 7 });
      expect(scene.objects.at(path)?.metadata).toMatchObject({ labels: { kept: 'yes' } });
    }
  });

  it('takes a Lease at once that says nothing, or that nobody holds', async () => {
    for (const object of [{ metadata: {} }, { metadata: {}, spec: { holderIdentity: '' } }]) {
      const scene = new Scene();
      scene.objects.put(path, object);
      const { election } = scene.add('one');
      await scene.settle();
      expect(election.isLeading()).toBe(true);
    }
  });

  it('is one of many that begin at once, of which one leads', async () => {
    const scene = new Scene();
    const all = Array.from({ length: 8 }, (_, at) => scene.add(`candidate-${at}`));
    await scene.seconds(30);
    expect(all.filter(({ election }) => election.isLeading())).toHaveLength(1);
    expect(all.flatMap(({ told }) => told)).toEqual([true]);
    expect(all.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe('a leader', () => {
  it('that loses the API server stops leading before another begins, and comes back', async () => {
    const scene = new Scene();
    const { way, objects } = reachable(scene.objects);
    const one = scene.add('one', { objects });
    await scene.settle();
    const two = scene.add('two');
    await scene.seconds(5);
    way.isOpen = false;
    await scene.seconds(7);
    expect(one.election.isLeading()).toBe(true); // a short absence costs nothing
    await scene.seconds(4);
    expect([one.election.isLeading(), two.election.isLeading()]).toEqual([false, false]);
    expect(one.told).toEqual([true, false]);
    await scene.seconds(10);
    expect(two.election.isLeading()).toBe(true);
    expect(one.errors.every((error) => error === lost)).toBe(true);
    way.isOpen = true;
    await scene.seconds(10);
    expect([one.election.isLeading(), one.election.holder()]).toEqual([false, 'two']);
    expect(scene.spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('goes on where the API server was away for all, and nobody else took the lead', async () => {
    const scene = new Scene();
    const [one, two] = [scene.add('one'), scene.add('two')];
    await scene.seconds(5);
    scene.objects.before = () => {
      throw lost;
    };
    await scene.seconds(60);
    expect(one.election.isLeading()).toBe(false);
    scene.objects.before = () => undefined;
    await scene.seconds(10);
    expect([one, two].filter(({ election }) => election.isLeading())).toHaveLength(1);
    expect(one.told[1]).toBe(false);
  });

  it('whose renewals are carried out though their answers are lost keeps the others away', async () => {
    const scene = new Scene();
    const one = scene.add('one');
    await scene.settle();
    const two = scene.add('two');
    await scene.seconds(1);
    scene.objects.after = (request) => {
      if (request.startsWith('PUT')) throw lost;
    };
    await scene.seconds(30);
    expect(one.election.isLeading()).toBe(false); // as far as it knows
    expect(two.election.isLeading()).toBe(false); // there is news of the first all the time
    scene.objects.after = () => undefined;
    await scene.seconds(3);
    expect(one.election.isLeading()).toBe(true);
  });

  it('that stands still finds that its lead is over before it does anything', async () => {
    const scene = new Scene();
    const own = new FakeTiming();
    const one = scene.add('one', { timing: own });
    await scene.settle();
    expect(one.election.isLeading()).toBe(true);
    let isStandingStill = true;
    own.now = () => (isStandingStill ? 9999 : 10_000);
    expect(one.election.isLeading()).toBe(true);
    isStandingStill = false;
    expect(one.election.isLeading()).toBe(false);
    expect(one.told).toEqual([true]); // no timer has run yet
  });

  it('counts its time from before the renewal was sent', async () => {
    const scene = new Scene();
    scene.objects.before = (request) => {
      if (request.startsWith('PUT')) scene.timing.advance(4000);
    };
    const { election } = scene.add('one');
    await scene.settle();
    scene.objects.before = () => new Promise(() => undefined); // no answer any more
    scene.timing.advance(5999);
    expect(election.isLeading()).toBe(true);
    scene.timing.advance(1);
    expect(election.isLeading()).toBe(false);
  });

  it('gives the lead up when it is stopped, so that another has it at once', async () => {
    const scene = new Scene();
    const one = scene.add('one');
    await scene.settle();
    const two = scene.add('two');
    await scene.seconds(1);
    await one.election.stop();
    expect(scene.spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await scene.seconds(5);
    expect(two.election.isLeading()).toBe(true);
    expect(one.election.isLeading()).toBe(false);
    expect(one.told).toEqual([true]);
  });

  it('makes a Lease anew that was deleted', async () => {
    const scene = new Scene();
    const { election, told } = scene.add('one');
    await scene.seconds(1);
    scene.objects.remove(path);
    await scene.seconds(5);
    expect(election.isLeading()).toBe(true);
    expect(scene.spec()).toMatchObject({ holderIdentity: 'one' });
    expect(told).toEqual([true]);
  });
});
