import { beforeEach, describe, expect, it } from '@jest/globals';
import { type ClusterEvent, type EventWriter, writeEvents } from '../../src/cluster/events.js';
import { FakeObjects } from '../coordination/fakeObjects.js';
import { FakeTiming } from '../facts/fakeTiming.js';
import { until } from '../facts/until.js';

const replicaSets = '/apis/apps/v1/namespaces/shop/replicasets';
const minute = 60_000;

let objects: FakeObjects;
let timing: FakeTiming;
let writer: EventWriter;
let written: ClusterEvent[];
let dropped: [cause: string, error: unknown][];

beforeEach(() => {
  [objects, timing, written, dropped] = [new FakeObjects(), new FakeTiming(), [], []];
  writer = writeEvents({
    connection: objects,
    timing,
    clock: () => new Date('2026-06-15T12:00:00.500Z'),
    onWritten: (event) => written.push(event),
    onDropped: (cause, error) => dropped.push([cause, error]),
  });
});

const ofSet = (name: string, more: Partial<ClusterEvent> = {}): ClusterEvent => ({
  namespace: 'shop',
  subject: { apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: `uid-of-${name}` },
  reason: 'Hardened',
  type: 'Normal',
  message: 'its pods are hardened',
  ...more,
});

const replicaSet = (name: string): Partial<ClusterEvent> => ({
  subject: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: `uid-of-${name}` },
});

function putReplicaSet(name: string, owner?: string): void {
  const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid: `uid-of-${owner}` };
  const ownerReferences = owner === undefined ? undefined : [{ ...reference, controller: true }];
  objects.put(`${replicaSets}/${name}`, { kind: 'ReplicaSet', metadata: { name, ownerReferences } });
}

/** The Events that were written, as paths without the query. */
const writes = () => objects.requests.filter((request) => request.startsWith('PATCH '));

describe('an Event', () => {
  it('is written as kubectl describe looks for it', async () => {
    writer.record(ofSet('db'));
    await until('the Event', () => written.length === 1);
    const [path = ''] = writes();
    expect(path).toMatch(
      /^PATCH \/api\/v1\/namespaces\/shop\/events\/db\.[0-9a-f]{16}\?fieldManager=podtemper&force=true$/,
    );
    expect(objects.at(path.slice('PATCH '.length).split('?')[0] ?? '')).toMatchObject({
      kind: 'Event',
      metadata: { namespace: 'shop' },
      involvedObject: {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        name: 'db',
        namespace: 'shop',
        uid: 'uid-of-db',
      },
      reason: 'Hardened',
      type: 'Normal',
      message: 'its pods are hardened',
      source: { component: 'podtemper' },
      firstTimestamp: '2026-06-15T12:00:00Z',
      lastTimestamp: '2026-06-15T12:00:00Z',
    });
  });

  it('is written once in ten minutes for an object and a message, and under one name', async () => {
    for (let pod = 0; pod < 100; pod += 1) writer.record(ofSet('db'));
    await until('the Event', () => written.length === 1);
    timing.advance(10 * minute - 1);
    writer.record(ofSet('db'));
    timing.advance(1);
    writer.record(ofSet('db'));
    await until('the second Event', () => written.length === 2);
    expect(new Set(writes()).size).toBe(1);
    expect(writes()).toHaveLength(2);
  });

  it('is another one for another object, reason or message', async () => {
    writer.record(ofSet('db'));
    writer.record(ofSet('cache'));
    writer.record(ofSet('db', { reason: 'OptedOut' }));
    writer.record(ofSet('db', { message: 'otherwise' }));
    await until('the Events', () => written.length === 4);
    expect(new Set(writes()).size).toBe(4);
  });

  it('is about the Deployment, not about its ReplicaSets, of which each rollout makes a new one', async () => {
    putReplicaSet('web-1', 'web');
    putReplicaSet('web-2', 'web');
    writer.record(ofSet('', replicaSet('web-1')));
    writer.record(ofSet('', replicaSet('web-2')));
    await until('the lookups', () => objects.requests.includes(`GET ${replicaSets}/web-2`));
    writer.record(ofSet('last'));
    await until('the last Event', () => written.length === 2);
    expect(written.map(({ subject }) => `${subject.kind} ${subject.name}`)).toEqual([
      'Deployment web',
      'StatefulSet last',
    ]);
  });

  it('looks for the Deployment once', async () => {
    putReplicaSet('web-1', 'web');
    writer.record(ofSet('', replicaSet('web-1')));
    writer.record(ofSet('', { ...replicaSet('web-1'), reason: 'OptedOut' }));
    await until('the Events', () => written.length === 2);
    expect(objects.requests.filter((request) => request.startsWith('GET '))).toHaveLength(1);
  });

  it('is about the ReplicaSet where nothing is above it', async () => {
    putReplicaSet('lone');
    writer.record(ofSet('', replicaSet('lone')));
    await until('the Event', () => written.length === 1);
    expect(written[0]?.subject).toMatchObject({ kind: 'ReplicaSet', name: 'lone' });
  });
});

describe('an Event that cannot be written', () => {
  it('is dropped and told of, and the next one is written', async () => {
    objects.before = (request) => {
      if (request.includes('/events/db.')) throw new Error('forbidden');
    };
    writer.record(ofSet('db'));
    writer.record(ofSet('cache'));
    await until('the other Event', () => written.length === 1);
    expect(dropped).toEqual([['failed', expect.objectContaining({ message: 'forbidden' })]]);
  });

  it('is dropped where 500 wait already, and so keeps nobody waiting', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    objects.before = () => held;
    // The first one is under way.
    for (let index = 0; index < 511; index += 1) writer.record(ofSet(`db-${index}`));
    expect(dropped).toEqual(Array.from({ length: 10 }, () => ['queueFull', undefined]));
    letGo();
    await until('the others', () => written.length === 501);
  });

  it('is none any more once it has ended', async () => {
    let letGo = () => {};
    objects.before = () => new Promise<void>((resolve) => (letGo = resolve));
    writer.record(ofSet('db'));
    writer.record(ofSet('cache'));
    await until('the first request', () => objects.requests.length === 1);
    writer.stop();
    writer.record(ofSet('late'));
    letGo();
    await until('the first one', () => written.length === 1);
    expect(writes()).toHaveLength(1);
    expect(dropped).toEqual([]);
  });
});
