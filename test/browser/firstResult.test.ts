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

/** Times of one visit, in milliseconds from the moment at which it began. */
interface Visit {
  readonly load: number;
  readonly shown: number;
}

/** Visits with an empty cache, each in a window of its own. */
const visits = 5;

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

it('shows the first result by itself, and says when', async () => {
  const times: Visit[] = [];
  for (let visit = 0; visit < visits; visit++) {
    const workbench = await Workbench.open(browser, url);
    await workbench.page.waitForFunction(() => performance.getEntriesByName('first result').length > 0);
    times.push(
      await workbench.page.evaluate(() => {
        const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
        const [mark] = performance.getEntriesByName('first result');
        return { load: navigation?.loadEventEnd ?? 0, shown: mark?.startTime ?? 0 };
      }),
    );
    expect(await workbench.page.locator('.cm-changedLine').count()).toBeGreaterThan(0);
    await workbench.close();
  }
  const afterLoad = times.map(({ load, shown }) => shown - load);
  const shown = times.map((visit) => visit.shown);
  process.stdout.write(
    `page: first result ${median(afterLoad).toFixed(0)} ms after load, ${median(shown).toFixed(0)} ms after the visit began` +
      ` (medians of ${visits}, ${Math.min(...shown).toFixed(0)} to ${Math.max(...shown).toFixed(0)} ms)\n`,
  );
  expect(Math.min(...shown)).toBeGreaterThan(0);
});
