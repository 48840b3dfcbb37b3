import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostilePreviews } from '../../bench/hostilePreviews.js';
import { plainPod, readAnswer } from '../admission/reviews.js';
import { sendReview } from './client.js';
import { cleanUp, serve, type Serving } from './program.js';

let server: Serving;
beforeAll(async () => {
  server = await serve();
});
afterAll(cleanUp);

/** Asks for a preview that takes long, and says when it is over. */
async function watchPreview(order: string[]): Promise<void> {
  const body = hostilePreviews.documents ?? '';
  const answer = await fetch(`${server.operationsUrl}/preview`, { method: 'POST', body });
  await answer.arrayBuffer();
  order.push('preview');
}

describe('the program', () => {
  it('answers reviews while it is busy with previews', async () => {
    const order: string[] = [];
    const long = watchPreview(order);
    for (let review = 0; review < 20; review++) {
      expect(readAnswer((await sendReview(server, plainPod)).text).patch).toBeDefined();
      order.push('review');
    }
    await long;
    expect(order.indexOf('preview')).toBeGreaterThanOrEqual(5);
  });

  it('serves the page with its files', async () => {
    const html = await (await fetch(server.operationsUrl)).text();
    const files = Array.from(html.matchAll(/(?:href|src)="([\w.]+\.(?:js|css))"/g), ([, file]) => file);
    expect(files).toEqual(['page.css', 'start.js', 'page.js']);
    // The first of them asks for the engine.
    for (const file of [...files, 'engine.js']) {
      const { status, headers } = await fetch(`${server.operationsUrl}/${file}`);
      // Without TLS, fetch takes no Brotli.
      expect([status, headers.get('content-encoding')]).toEqual([200, 'gzip']);
    }
  });
});
