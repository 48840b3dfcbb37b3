import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { cleanUp, serve } from '../server/program.js';
import { openChromium } from './chromium.js';
import { Workbench } from './workbench.js';

let browser: Browser;
let url: string;
let axe: string;
beforeAll(async () => {
  browser = await openChromium();
  url = (await serve()).operationsUrl;
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});
afterAll(async () => {
  await browser?.close();
  cleanUp();
});

/** What axe finds: a rule and the elements that break it. */
async function violationsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's security policy has no say in.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    async () => await (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

const phone = { width: 360, height: 740 };

describe.each(['light', 'dark'] as const)(
  'in %s, a checker of accessibility has nothing to say',
  (colorScheme) => {
    it.each([
      ['wide', { width: 1280, height: 900 }],
      ['on a phone', phone],
    ])('of the workbench, %s', async (_width, viewport) => {
      const workbench = await Workbench.open(browser, url, { colorScheme, viewport });
      const { page } = workbench;
      await page.getByLabel('Start from').selectOption('agent');
      await page.getByLabel('Checklist').selectOption('cis');
      await page.getByLabel('Policy', { exact: true }).selectOption({ label: 'your own…' });
      await page.getByRole('heading', { name: 'DaemonSet node-agent' }).waitFor();
      await page.locator('.row.mend summary').first().click();
      await page.locator('.row.change summary').first().click();
      expect(await violationsOf(page)).toEqual([]);
      await workbench.paste('policy', 'kind: Pod\n');
      await workbench.paste('manifests', 'spec: [\n');
      await page.locator('#policy-fault', { hasText: 'Line 1' }).waitFor();
      expect(await violationsOf(page)).toEqual([]);
      await workbench.close();
    });

    it('of the plain form and its answer', async () => {
      const workbench = await Workbench.open(browser, url, { colorScheme, javaScriptEnabled: false });
      await workbench.page.getByLabel('Checklist').selectOption('cloud');
      await workbench.page.getByRole('button', { name: 'Preview' }).click();
      await workbench.page.getByRole('region', { name: 'As a diff' }).waitFor();
      const html = await workbench.page.content();
      await workbench.close();
      const context = await browser.newContext({ colorScheme });
      const page = await context.newPage();
      // The same page, in a window where the checker's script may run, and the page's own may not.
      await page.route(`${url}/`, (route) =>
        route.fulfill({ contentType: 'text/html', body: html.replaceAll(/<script.*?<\/script>/g, '') }),
      );
      await page.goto(`${url}/`);
      expect(await violationsOf(page)).toEqual([]);
      await context.close();
    });
  },
);

it('fits on a phone without scrolling sideways', async () => {
  const workbench = await Workbench.open(browser, url, { viewport: phone });
  const { page } = workbench;
  await page.getByLabel('Checklist').selectOption('cis');
  for (const example of ['nginx', 'database', 'agent', 'java', 'bare']) {
    await page.getByLabel('Start from').selectOption(example);
    await page.locator('.row.open').first().waitFor();
    const [content, window] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect({ example, content }).toEqual({ example, content: window });
  }
  await workbench.untilAdded('runAsNonRoot: true');
  await workbench.close();
});
