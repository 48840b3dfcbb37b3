import { describe, expect, it } from '@jest/globals';
import { StatusError } from '../../src/cluster/exchange.js';
import { secretStore } from '../../src/cluster/secretStore.js';
import { FakeObjects } from './fakeObjects.js';

const path = '/api/v1/namespaces/system/secrets/podtemper';
const base64 = (text: string) => Buffer.from(text).toString('base64');

function storeOf(objects: FakeObjects) {
  return secretStore(objects, 'system', 'podtemper');
}

describe('a Secret as a store', () => {
  it('is made where it is missing, by the one request that can be granted for its name', async () => {
    const objects = new FakeObjects();
    expect((await storeOf(objects).read()).texts).toEqual({});
    expect(objects.requests).toEqual([`GET ${path}`, `PATCH ${path}?fieldManager=podtemper`]);
    expect(objects.at(path)).toMatchObject({ kind: 'Secret', metadata: { name: 'podtemper' } });
  });

  it('gives the texts that were written, and keeps all else that the object says', async () => {
    const objects = new FakeObjects();
    const data = { other: base64('kept') };
    objects.put(path, { type: 'Opaque', metadata: { labels: { team: 'blue' } }, data });
    const store = storeOf(objects);
    expect(await store.write({ a: 'eins', b: 'zwei\n' }, await store.read())).toBe(true);
    expect((await store.read()).texts).toEqual({ a: 'eins', b: 'zwei\n', other: 'kept' });
    expect(objects.at(path)).toMatchObject({
      type: 'Opaque',
      metadata: { labels: { team: 'blue' } },
      data: { ...data, a: base64('eins') },
    });
  });

  it('is written by one of two that have read the same', async () => {
    const objects = new FakeObjects();
    const [one, other] = [storeOf(objects), storeOf(objects)];
    const [read, alsoRead] = [await one.read(), await other.read()];
    expect(await one.write({ by: 'one' }, read)).toBe(true);
    expect(await other.write({ by: 'other' }, alsoRead)).toBe(false);
    expect((await other.read()).texts).toEqual({ by: 'one' });
  });

  it('is not written where it was deleted in between', async () => {
    const objects = new FakeObjects();
    const store = storeOf(objects);
    const read = await store.read();
    objects.remove(path);
    expect(await store.write({ a: 'b' }, read)).toBe(false);
  });

  it('passes on why it cannot be read or written', async () => {
    const objects = new FakeObjects();
    const store = storeOf(objects);
    const read = await store.read();
    objects.before = (request) => {
      throw new StatusError(request, 403, 'forbidden');
    };
    await expect(store.read()).rejects.toThrow(/403: forbidden/);
    await expect(store.write({}, read)).rejects.toThrow(/403: forbidden/);
  });
});
