import { Agent } from 'node:https';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { type Fields, plainPod, readAnswer, requestOf, reviewOf } from '../admission/reviews.js';
import { send } from './client.js';
import { cleanUp, serve, stop } from './program.js';
import { only, openRaw } from './rawConnection.js';

jest.setTimeout(30_000);
afterEach(cleanUp);

// In a process of its own: on the event loop of the client, an answer would have gone out before the next review comes.
it('one connection carries large reviews and large answers, one right after the other', async () => {
  const process = await serve();
  const containers = Array.from({ length: 200 }, (_, at) => ({
    name: `app-${at}`,
    image: 'app',
    args: ['x'.repeat(400)],
  }));
  const body = Buffer.from(reviewOf({ ...plainPod, spec: { containers } }));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = await send(process, { body, agent });
  expect(readAnswer(first.text).patch?.length).toBeGreaterThan(200);
  for (let review = 0; review < 200; review += 1) {
    expect(await send(process, { body, agent })).toEqual({ ...first, headers: expect.anything() });
  }
  agent.destroy();
  expect(await stop(process)).toBe(0);
});

// A part takes a hundred bytes and more beside its own: four million of them would be four times the heap.
it('a body of millions of chunks, of one byte each, takes no more memory than another', async () => {
  const program = await serve([], { env: { NODE_OPTIONS: '--max-old-space-size=112' } });
  const connection = await openRaw(program);
  connection.write(
    'POST /mutate HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const chunks = Buffer.from('1\r\n \r\n'.repeat(100_000));
  for (let sent = 0; sent < 40; sent += 1) {
    await new Promise((resolve) => connection.socket.write(chunks, resolve));
  }
  connection.write('0\r\n\r\n');
  const [answer] = await connection.answers(1);
  expect(only(answer).status).toBe(400);
  connection.socket.destroy();
  expect(await stop(program)).toBe(0);
});

const most = 15_000_000;

describe('a large review of what no API server sends', () => {
  // With a list of all parts, or of the keys that a text has for its characters, the process would end: 15 million take
  // 8 bytes each, before any copy.
  const nodeOptions = '--max-old-space-size=112';
  const annotated = (name: string, value: string) => ({
    ...plainPod,
    metadata: { ...plainPod.metadata, annotations: { [`podtemper.io/${name}`]: value } },
  });
  const withSpec = (spec: Fields) => ({ ...plainPod, spec: { ...plainPod.spec, ...spec } });

  it.each([
    ['all annotations', { ...plainPod, metadata: { ...plainPod.metadata, annotations: 'x'.repeat(most) } }],
    ['all labels', { ...plainPod, metadata: { ...plainPod.metadata, labels: 'x'.repeat(most) } }],
    ['the separators of the opt-out', annotated('opt-out', ','.repeat(most))],
    ['those of the writable paths', annotated('writable-paths', ','.repeat(most))],
    [
      'those of the path of a mount',
      withSpec({
        containers: [
          { ...plainPod.spec.containers[0], volumeMounts: [{ name: 'v', mountPath: '/'.repeat(most) }] },
        ],
      }),
    ],
    [
      'those of a path of the node',
      withSpec({ volumes: [{ name: 'v', hostPath: { path: '/'.repeat(most) } }] }),
    ],
  ])('is answered: millions of characters as %s', async (_, pod) => {
    const program = await serve([], { env: { NODE_OPTIONS: nodeOptions } });
    const { status, text } = await send(program, { body: Buffer.from(reviewOf(pod)) });
    expect({ status, errors: program.log().filter(({ level }) => level === 'error') }).toEqual({
      status: 200,
      errors: [],
    });
    expect(readAnswer(text).uid).toBe(requestOf(pod).uid);
    expect(await stop(program)).toBe(0);
  });
});
