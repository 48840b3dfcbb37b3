import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { textAt, objectAt } from '../../src/cluster/apiObjects.js';
import { connect } from '../../src/cluster/connection.js';
import { StatusError } from '../../src/cluster/exchange.js';
import type { Fault } from '../../src/cluster/fault.js';
import { type ReadFailure, Reflector } from '../../src/cluster/reflector.js';
import { answerJson, FakeApiServer, namespaces } from './fakeApiServer.js';
import { FakeTiming } from './fakeTiming.js';
import { inTemporaryFolder, writeKubeconfig } from './kubeconfigFile.js';
import { until } from './until.js';

/** How long a watch may take to be accepted. */
const openMilliseconds = 20_000;

const nameOf = (item: unknown) => textAt(objectAt(item, 'metadata'), 'name');
const namespace = (name: string) => ({ metadata: { name } });

let server: FakeApiServer;
let timing: FakeTiming;
let reflector: Reflector<string> | undefined;
/** What the reflector has told: `replace a b`, `upsert a`, `remove a`. */
let told: string[];
let errors: unknown[];
let failures: Omit<ReadFailure, 'error'>[];
let recoveries: Fault[];

beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
  timing = new FakeTiming();
  [told, errors, failures, recoveries] = [[], [], [], []];
});

afterEach(async () => {
  reflector?.stop();
  await server.close();
});

async function follow(only?: string): Promise<Reflector<string>> {
  const connection = await inTemporaryFolder(async (folder) =>
    connect({ kubeconfig: await writeKubeconfig(folder, { server: server.url }) }),
  );
  if (connection === undefined) throw new Error('expected a connection');
  reflector = new Reflector({
    connection,
    path: namespaces,
    ...(only !== undefined && { name: only }),
    timing,
    read: nameOf,
    replace: (names) => told.push(['replace', ...names].join(' ')),
    upsert: (name) => told.push(`upsert ${name}`),
    remove: (name) => told.push(`remove ${name}`),
    onFailure: ({ error, ...how }) => {
      errors.push(error);
      failures.push(how);
    },
    onRecovery: (fault) => recoveries.push(fault),
  });
  return reflector.start();
}

const watching = () => until('a watch', () => server.watches(namespaces) === 1);
/** Waits for the pause before the next try and gives its length. */
async function pause(): Promise<number> {
  const find = () => timing.delays().find((delay) => delay <= 30_000 && delay !== openMilliseconds);
  await until('a pause', () => find() !== undefined);
  return find() ?? NaN;
}

describe('one object', () => {
  it('is all that is asked for where it is named', async () => {
    await follow('a');
    await watching();
    expect(server.requests).toHaveLength(2);
    for (const request of server.requests) expect(request).toContain('&fieldSelector=metadata.name%3Da');
  });
});

describe('list', () => {
  it('takes all pages before it tells of any', async () => {
    server.pageSize = 2;
    for (const name of ['a', 'b', 'c', 'd', 'e']) server.put(namespaces, namespace(name));
    const { synced } = await follow();
    await synced;
    expect(told).toEqual(['replace a b c d e']);
    expect(server.lists(namespaces)).toEqual([
      `${namespaces}?limit=500`,
      `${namespaces}?limit=500&continue=2`,
      `${namespaces}?limit=500&continue=4`,
    ]);
  });

  it('is not synced before the first list', async () => {
    let isAway = true;
    server.intercept = (_, response) => {
      if (isAway) answerJson(response, 503, { message: 'not yet' });
      return isAway;
    };
    const { synced } = await follow();
    expect(await pause()).toBe(200);
    expect(reflector?.isSynced).toBe(false);
    isAway = false;
    timing.advance(200);
    await synced;
    expect(reflector?.isSynced).toBe(true);
    expect(errors).toEqual([expect.objectContaining({ status: 503 })]);
  });
});

describe('watch', () => {
  it('asks for bookmarks and tells of each event', async () => {
    server.put(namespaces, namespace('a'));
    await follow();
    await watching();
    expect(server.watchRequests(namespaces)).toEqual([
      `${namespaces}?watch=true&resourceVersion=${server.version}&allowWatchBookmarks=true&timeoutSeconds=300`,
    ]);
    server.put(namespaces, namespace('b'));
    server.put(namespaces, namespace('b'));
    server.remove(namespaces, namespace('a'));
    await until('three events', () => told.length === 4);
    expect(told).toEqual(['replace a', 'upsert b', 'upsert b', 'remove a']);
  });

  it('resumes where it was cut, after a pause', async () => {
    await follow();
    await watching();
    server.put(namespaces, namespace('a'));
    await until('the event', () => told.includes('upsert a'));
    const seen = server.version;
    server.cut(namespaces);
    await until('the cut', () => server.watches(namespaces) === 0);
    server.put(namespaces, namespace('b'));
    timing.advance(await pause());
    await until('what was missed', () => told.includes('upsert b'));
    expect(told).toEqual(['replace', 'upsert a', 'upsert b']);
    expect(server.lists(namespaces)).toHaveLength(1);
    expect(server.watchRequests(namespaces)[1]).toContain(`resourceVersion=${seen}&`);
  });

  it('follows at once where the server ended a watch that had lived for long', async () => {
    await follow();
    await watching();
    timing.advance(60_000);
    server.end(namespaces);
    await until('the next watch', () => server.watchRequests(namespaces).length === 2);
    expect(server.lists(namespaces)).toHaveLength(1);
    expect(errors).toEqual([]);
  });
});

describe('silence', () => {
  it('of 90 seconds opens the watch anew, where it was and without a complaint', async () => {
    await follow();
    await watching();
    await until('its acceptance', () => timing.delays().includes(90_000));
    timing.advance(89_999);
    expect(server.watchRequests(namespaces)).toHaveLength(1);
    timing.advance(1);
    await until('a new watch', () => server.watchRequests(namespaces).length === 2);
    await until('only that', () => server.watches(namespaces) === 1);
    await until('contact', () => reflector?.lastContact === 90_000);
    server.put(namespaces, namespace('a'));
    await until('the event', () => told.includes('upsert a'));
    expect([server.lists(namespaces).length, errors]).toEqual([1, []]);
  });

  it('is broken by each event and bookmark', async () => {
    await follow();
    await watching();
    for (const minute of [1, 2, 3]) {
      timing.advance(60_000);
      server.bookmark(namespaces);
      await until('the bookmark', () => reflector?.lastContact === minute * 60_000);
    }
    expect(server.watchRequests(namespaces)).toHaveLength(1);
  });

  it('instead of an answer is an error', async () => {
    let isSilent = true;
    server.intercept = (url) => isSilent && url.searchParams.has('watch');
    await follow();
    await until('the watch', () => server.watchRequests(namespaces).length === 1);
    isSilent = false;
    timing.advance(openMilliseconds);
    timing.advance(await pause());
    await watching();
    expect(errors.map(String)).toEqual([
      `Error: watch ${namespaces}: expected an answer within ${openMilliseconds} ms, found none`,
    ]);
  });
});

describe('a new list', () => {
  it('follows 410 Gone within a watch, without a complaint', async () => {
    await follow();
    await watching();
    server.putUnseen(namespaces, namespace('unseen'));
    server.expire(namespaces);
    timing.advance(await pause());
    await until('the list', () => told.includes('replace unseen'));
    expect(errors).toEqual([]);
  });

  it('follows 410 Gone as the status of a watch, with a complaint where that goes on', async () => {
    let refusals = 2;
    server.intercept = (url, response) => {
      const isRefused = url.searchParams.has('watch') && refusals-- > 0;
      if (isRefused) answerJson(response, 410, { message: 'too old resource version: 1 (2)' });
      return isRefused;
    };
    await follow();
    timing.advance(await pause());
    expect(errors).toEqual([]);
    timing.advance(await pause());
    await watching();
    expect(server.lists(namespaces)).toHaveLength(3);
    expect(errors).toEqual([expect.any(StatusError)]);
    expect(String(errors[0])).toMatch(/expected status 200, found 410: too old resource version: 1 \(2\)$/);
  });

  it('follows the clock, bookmarks or not', async () => {
    timing.chance = 0.5;
    const { lastContact: madeAt } = await follow();
    await watching();
    expect(madeAt).toBe(0);
    server.putUnseen(namespaces, namespace('unseen'));
    for (let minute = 1; minute <= 9; minute += 1) {
      timing.advance(60_000);
      server.bookmark(namespaces);
      await until('the bookmark', () => reflector?.lastContact === minute * 60_000);
    }
    expect(server.lists(namespaces)).toHaveLength(1);
    timing.advance(30_000);
    await until('the list', () => told.includes('replace unseen'));
    expect(errors).toEqual([]);
  });
});

describe('a failure', () => {
  /** Answers each list with the next status; undefined lets the next one and all others pass. */
  function answerLists(...statuses: (number | undefined)[]): void {
    server.intercept = (url, response) => {
      const status = url.searchParams.has('watch') ? undefined : statuses.shift();
      if (status !== undefined) answerJson(response, status, { message: `no. ${statuses.length}` });
      return status !== undefined;
    };
  }

  it('is news where its cause is another than before, and over when a watch stands', async () => {
    answerLists(503, 503, 403);
    await follow();
    for (let round = 1; round <= 3; round += 1) {
      await until('a failure', () => failures.length === round);
      expect(reflector?.fault).toEqual({ error: errors.at(-1), failures: round, since: 0 });
      const milliseconds = await pause();
      if (round < 3) timing.advance(milliseconds);
    }
    expect(failures).toEqual([
      { verb: 'list', isRepeated: false },
      { verb: 'list', isRepeated: true },
      { verb: 'list', isRepeated: false },
    ]);
    expect(recoveries).toEqual([]);
    timing.advance(await pause());
    await until('the recovery', () => recoveries.length === 1);
    expect(recoveries).toEqual([{ error: errors.at(-1), failures: 3, since: 0 }]);
    expect(reflector?.fault).toBeUndefined();
  });

  it('is not over as long as it can be listed but not watched', async () => {
    server.intercept = (url, response) => {
      const isWatch = url.searchParams.has('watch');
      if (isWatch) answerJson(response, 403, { message: 'cannot watch' });
      return isWatch;
    };
    await follow();
    timing.advance(await pause());
    await until('the second failure', () => failures.length === 2);
    expect(failures).toEqual([
      { verb: 'watch', isRepeated: false },
      { verb: 'watch', isRepeated: true },
    ]);
    expect([recoveries, reflector?.isSynced, told.length]).toEqual([[], true, 2]);
  });
});

describe('back-off', () => {
  it('grows to 30 seconds while the server accepts watches only to end them', async () => {
    timing.chance = 1;
    server.intercept = (url, response) => {
      const isWatch = url.searchParams.has('watch');
      if (isWatch) response.writeHead(200).end();
      return isWatch;
    };
    await follow();
    const pauses: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      pauses.push(await pause());
      timing.advance(pauses.at(-1) ?? 0);
    }
    expect(pauses).toEqual([400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    await pause();
    expect(server.watchRequests(namespaces)).toHaveLength(11);
  });

  it('is drawn anew each time, and never shorter than 200 ms', async () => {
    server.intercept = (_, response) => {
      response.destroy();
      return true;
    };
    await follow();
    expect(await pause()).toBe(200);
    timing.chance = 0.5;
    timing.advance(200);
    expect(await pause()).toBe(500);
    timing.chance = 0.25;
    timing.advance(500);
    expect(await pause()).toBe(550);
  });
});

describe('stop', () => {
  it('ends the watch and all timers', async () => {
    const started = await follow();
    await watching();
    started.stop();
    await until('no watch', () => server.watches(namespaces) === 0);
    expect(timing.delays()).toEqual([]);
    expect(errors).toEqual([]);
  });
});
