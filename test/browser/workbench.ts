import { expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** The page of a server in a browser window of its own, and what it should not have done. */
export class Workbench {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of: errors, and what the page's security policy kept it from. */
  readonly complaints: string[] = [];
  readonly #requests: string[] = [];

  private constructor(page: Page, context: BrowserContext) {
    [this.page, this.context] = [page, context];
    page.on('console', (message) => this.complaints.push(message.text()));
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('request', (request) => this.#requests.push(request.url()));
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Workbench> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(15_000);
    const workbench = new Workbench(await context.newPage(), context);
    await workbench.page.goto(url);
    if (options.javaScriptEnabled !== false) await workbench.page.locator('.row').first().waitFor();
    return workbench;
  }

  /** Closes it. It must have been quiet, and have asked nobody but its own server. */
  async close(): Promise<void> {
    const origin = new URL(this.page.url()).origin;
    const elsewhere = this.#requests.filter(
      (url) => !url.startsWith(origin) && !url.startsWith(`blob:${origin}`),
    );
    await this.context.close();
    expect({ complaints: this.complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] });
  }

  get manifests() {
    return this.page.getByRole('textbox', { name: 'Your manifests' });
  }

  get hardened() {
    return this.page.getByLabel('Hardened manifests');
  }

  get policy() {
    return this.page.getByRole('textbox', { name: 'Your policy' });
  }

  /** Replaces what an editor holds, as pasting over all of it does. */
  async paste(editor: 'manifests' | 'policy', text: string): Promise<void> {
    await this[editor].press('ControlOrMeta+a');
    await this.page.keyboard.insertText(text);
  }

  /** Waits until the hardened manifests have a line with that text that is marked as added. */
  async untilAdded(text: string): Promise<void> {
    await this.page.locator('.cm-merge-b .cm-changedLine', { hasText: text }).first().waitFor();
  }

  /** Waits until that is said of an object. */
  async untilOutcome(text: string): Promise<void> {
    await this.page.locator('.outcome', { hasText: text }).first().waitFor();
  }
}
