import type { Server } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openChromium } from './chromium.js';
import { servePageFolder } from './pageFolder.js';
import { Workbench } from './workbench.js';

let browser: Browser;
let server: Server;
let url: string;
beforeAll(async () => {
  browser = await openChromium();
  ({ server, url } = await servePageFolder());
});
afterAll(async () => {
  server?.close().closeAllConnections();
  await browser?.close();
});

it('the page works from any web server, and sends nothing anywhere', async () => {
  const workbench = await Workbench.open(browser, url);
  const requests: string[] = [];
  workbench.page.on('request', (request) => requests.push(request.url()));
  await workbench.untilAdded('runAsNonRoot: true');
  await workbench.paste(
    'manifests',
    'apiVersion: v1\nkind: Pod\nmetadata: { name: alone }\nspec: { containers: [{ name: app, image: busybox }] }\n',
  );
  await workbench.page.getByRole('heading', { name: 'Pod alone' }).waitFor();
  const download = workbench.page.waitForEvent('download');
  await workbench.page.getByRole('button', { name: 'SARIF' }).click();
  await download;
  expect(requests.filter((request) => !request.startsWith('blob:'))).toEqual([]);
  await workbench.close();
});
