import { Agent } from 'node:https';
import { afterEach, expect, it, jest } from '@jest/globals';
import { plainPod, readAnswer, reviewOf } from '../admission/reviews.js';
import { send } from './client.js';
import { cleanUp, serve, stop } from './program.js';

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
