import { mkdir } from 'node:fs/promises';
import { openChromium } from '../test/browser/chromium.js';
import { servePageFolder } from '../test/browser/pageFolder.js';

/** Pictures of the page for the README: docs/images. */
const pictures = [
  { name: 'page-light', colorScheme: 'light', viewport: { width: 1200, height: 1060 } },
  { name: 'page-dark', colorScheme: 'dark', viewport: { width: 1200, height: 1060 } },
  { name: 'page-phone', colorScheme: 'light', viewport: { width: 390, height: 880 } },
  { name: 'page-checklist', colorScheme: 'light', viewport: { width: 1200, height: 1060 }, guide: 'cis' },
] as const;

await mkdir('docs/images', { recursive: true });
const { url, server } = await servePageFolder();
const browser = await openChromium();
try {
  for (const picture of pictures) {
    const { name, ...options } = picture;
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('.cm-changedLine').first().waitFor();
    await page.getByRole('list', { name: /^Decisions/ }).waitFor();
    if ('guide' in picture) {
      await page.getByLabel('Start from').selectOption('agent');
      await page.getByLabel('Checklist').selectOption(picture.guide);
      await page.getByRole('list', { name: /^Items of/ }).waitFor();
      await page.locator('.object').evaluate((object) => object.scrollIntoView());
    }
    await page.screenshot({ path: `docs/images/${name}.png`, animations: 'disabled', caret: 'hide' });
    await context.close();
  }
} finally {
  await browser.close();
  server.close();
}
