import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { cleanUp, serve } from '../server/program.js';
import { openChromium } from './chromium.js';
import { Workbench } from './workbench.js';

let browser: Browser;
let url: string;
beforeAll(async () => {
  browser = await openChromium();
  url = (await serve()).operationsUrl;
});
afterAll(async () => {
  await browser?.close();
  cleanUp();
});

it('works as a plain form without JavaScript', async () => {
  const workbench = await Workbench.open(browser, url, { javaScriptEnabled: false });
  const { page } = workbench;
  expect(await page.getByRole('button').allInnerTexts()).toEqual(['Preview']);
  await page
    .getByLabel('Manifests (YAML or JSON)')
    .fill(
      'apiVersion: v1\nkind: Pod\nmetadata: { name: plain }\nspec:\n  containers:\n    - name: app\n      image: busybox\n',
    );
  await page.getByLabel('Mode').selectOption('warn');
  await page.getByRole('button', { name: 'Preview' }).click();
  const report = page.getByRole('region', { name: 'What happens' });
  expect(await report.innerText()).toContain('Pod plain: 1 container, 6 controls would change it');
  expect(await page.getByLabel('Mode').inputValue()).toBe('warn');
  await page.getByLabel('Mode').selectOption('enforce');
  await page.getByLabel('Checklist').selectOption('cis');
  await page.getByRole('button', { name: 'Preview' }).click();
  const added = await page.getByRole('region', { name: 'As a diff' }).locator('ins').allInnerTexts();
  expect(added).toContain('+        runAsNonRoot: true');
  const checklist = page.getByRole('region', { name: 'By the guide' });
  expect(await checklist.innerText()).toMatch(/^Pod plain: \d+ satisfied, \d+ by hardening, \d+ open/m);
  expect(await page.getByLabel('Checklist').inputValue()).toBe('cis');
  await workbench.close();
});
