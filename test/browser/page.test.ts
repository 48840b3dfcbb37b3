import { readFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
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

/** Runs with a window of its own. */
async function within(act: (workbench: Workbench) => Promise<void>): Promise<void> {
  const workbench = await Workbench.open(browser, url);
  try {
    await act(workbench);
  } catch (cause) {
    await workbench.context.close();
    throw cause;
  }
  await workbench.close();
}

/** What is selected in an editor that has the focus. */
function selectedIn(editor: Locator): Promise<string | undefined> {
  return editor.evaluate((element) => {
    const root = element.getRootNode() as ShadowRoot & { getSelection(): Selection };
    return root.activeElement === element ? root.getSelection().toString() : undefined;
  });
}

const pod = (image: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: pasted }\nspec:\n  containers:\n    - name: app\n      image: ${image}\n`;

describe('the page', () => {
  it('shows what a Deployment gets while it is being typed', () =>
    within(async (workbench) => {
      await workbench.paste('manifests', '');
      // The editor indents: after a key without a value, and as the line before.
      for (const line of [
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata: { name: typed }',
        'spec:',
        'selector: { matchLabels: { app: typed } }',
        'template:',
        'metadata: { labels: { app: typed } }',
        'spec:',
        'containers: [{ name: app, image: busybox }]',
      ]) {
        await workbench.manifests.pressSequentially(line);
        await workbench.page.keyboard.press('Enter');
      }
      await workbench.page.getByRole('heading', { name: 'Deployment typed' }).waitFor();
      await workbench.untilAdded('runAsNonRoot: true');
      const standing = await workbench.page.locator('.levels').innerText();
      expect(standing.split(/\s+/)).toEqual(['Pod', 'Security', 'baseline', '→', 'restricted']);
    }));

  it('says of each decision why, what it may break and how to opt out, and leads to the field', () =>
    within(async ({ page, hardened }) => {
      const row = page.locator('.row', { hasText: 'runAsNonRoot' }).first();
      await row.locator('summary').click();
      const explanation = await row.locator('dl').innerText();
      expect(explanation).toMatch(/May break\s+Images whose files belong to another user/);
      expect(explanation).toContain('podtemper.io/opt-out: runAsNonRoot');
      await row.getByRole('button').click();
      expect(await selectedIn(hardened)).toBe('runAsNonRoot: true');
    }));

  it('follows the mode', () =>
    within(async (workbench) => {
      await workbench.page.getByLabel('Mode').selectOption('audit');
      await workbench.untilOutcome('7 controls would change it');
      expect(await workbench.page.locator('.cm-changedLine').count()).toBe(0);
    }));

  it('goes through a guide, item by item, and leads to what is open and what hardening adds', () =>
    within(async (workbench) => {
      const { page, manifests, hardened } = workbench;
      await page.getByLabel('Start from').selectOption('agent');
      await page.getByLabel('Checklist').selectOption('cis');
      const list = page.getByRole('list', { name: 'Items of the CIS Kubernetes Benchmark' });
      await list.waitFor();
      expect(await page.getByRole('heading', { level: 3 }).innerText()).toMatch(
        /^\d+ satisfied, \d+ by hardening, \d+ open, by the CIS/,
      );
      const open = list.getByRole('listitem').filter({ hasText: "not the host's process namespace" });
      expect(await open.innerText()).toMatch(
        /^!\s*open:\s+5\.2\.3[^]*spec\.template\.spec\.hostPID is true → leave hostPID out/,
      );
      await open.getByRole('button').click();
      expect(await selectedIn(manifests)).toBe('hostPID: true');
      const added = list.getByRole('listitem').filter({ hasText: 'no root user' });
      expect(await added.innerText()).toMatch(
        /^\+\s*satisfied by hardening:\s+5\.2\.7[^]*container agent: .*runAsUser: 1000/,
      );
      await added.getByRole('button').click();
      expect(await selectedIn(hardened)).toBe('runAsNonRoot: true');
      await page.getByLabel('Checklist').selectOption('none');
      await list.waitFor({ state: 'detached' });
    }));

  it('says what is likely to break, and the line that avoids it', () =>
    within(async ({ page, manifests }) => {
      await page.getByLabel('Start from').selectOption('agent');
      const row = page.getByRole('listitem').filter({ hasText: 'volumeOwner' });
      expect(await row.innerText()).toMatch(
        /no fsGroup reaches [^]*Likely to break; write podtemper\.io\/run-as-user: "<the user that owns the data>"/,
      );
      await row.getByRole('button').click();
      expect(await selectedIn(manifests)).toContain('mountPath: /run/containerd/containerd.sock');
    }));

  it("follows a policy of one's own, and says what is wrong with it", () =>
    within(async (workbench) => {
      const { page } = workbench;
      await page.getByLabel('Policy', { exact: true }).selectOption({ label: 'your own…' });
      await workbench.untilAdded('memory: 2Gi');
      await page.getByRole('button', { name: 'requests' }).waitFor();
      await workbench.paste(
        'policy',
        'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: { name: mine }\nspec:\n  controls:\n    runAsNonRot: {}\n',
      );
      await page.getByText('Line 6: spec.controls.runAsNonRot: expected a known key').waitFor();
      await page.locator('.cm-fault', { hasText: 'runAsNonRot' }).waitFor();
      await workbench.paste(
        'policy',
        'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: { name: mine }\nspec:\n  controls:\n    runAsNonRoot: { runAsUser: 4242 }\n',
      );
      await workbench.untilOutcome('policy mine');
      expect(await page.locator('#policy-fault').innerText()).toBe('');
    }));

  it('completes a policy with the keys that can stand where the cursor is', () =>
    within(async (workbench) => {
      const { page } = workbench;
      await page.getByLabel('Policy', { exact: true }).selectOption({ label: 'your own…' });
      await page.getByText('In spec.controls.resources:').waitFor();
      await page.getByRole('button', { name: 'mode', exact: true }).click();
      await page.getByRole('button', { name: 'audit', exact: true }).click();
      expect(await workbench.policy.innerText()).toContain('      mode: audit');
      await workbench.untilOutcome('6 controls change it, 1 control would change it');
    }));

  it('marks what cannot be read', () =>
    within(async (workbench) => {
      await workbench.paste('manifests', `${pod('busybox')}---\nspec: [\n`);
      await workbench.page.locator('#faults', { hasText: /Line \d+: manifest: expected YAML/ }).waitFor();
      await workbench.page.getByRole('heading', { name: 'Pod pasted' }).waitFor();
    }));

  it('offers examples to start from', () =>
    within(async ({ page }) => {
      const headings: string[] = [];
      for (const option of await page.getByLabel('Start from').getByRole('option').all()) {
        const label = await option.innerText();
        if (label === 'your own') continue;
        await page.getByLabel('Start from').selectOption({ label });
        headings.push(label);
      }
      expect(headings).toHaveLength(5);
      await page.getByRole('heading', { name: 'Pod web' }).waitFor();
    }));

  it('puts its input into a link, which shows the same in another tab', () =>
    within(async (workbench) => {
      const { page } = workbench;
      await workbench.paste('manifests', pod('redis:7'));
      await page.getByLabel('Mode').selectOption('warn');
      await page.getByLabel('Checklist').selectOption('nsa-cisa');
      await page.getByRole('heading', { name: 'Pod pasted' }).waitFor();
      await page.getByRole('button', { name: 'Copy link' }).click();
      await page.waitForURL(/#v1\./);
      const second = await workbench.context.newPage();
      await second.goto(page.url());
      await second.locator('.outcome', { hasText: 'policy default, mode warn' }).waitFor();
      await second.getByRole('list', { name: /^Items of the Kubernetes Hardening Guide/ }).waitFor();
      expect(await second.getByRole('textbox', { name: 'Your manifests' }).innerText()).toContain(
        'image: redis:7',
      );
    }));

  it('takes from a link what there still is', () =>
    within(async ({ context, page, complaints }) => {
      const input = { manifests: pod('busybox'), policyName: 'gone', mode: 'warn', guide: 'gone' };
      const fragment = deflateRawSync(JSON.stringify(input)).toString('base64url');
      const second = await context.newPage();
      second.on('console', (message) => complaints.push(message.text()));
      second.on('pageerror', ({ message }) => complaints.push(message));
      await second.goto(`${page.url()}#v1.${fragment}`);
      await second.locator('.outcome', { hasText: 'policy default, mode warn' }).waitFor();
      expect(await second.locator('#faults').innerText()).toBe('');
    }));

  it.each([
    ['YAML', 'hardened.yaml', /^apiVersion: apps\/v1\n[^]*runAsNonRoot: true/],
    ['Patch', 'patch.json', /"op": "add"/],
    ['SARIF', 'podtemper.sarif', /"version": "2\.1\.0"[^]*"uri": "manifests\.yaml"/],
  ])('hands out %s', (name, file, content) =>
    within(async ({ page }) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(file);
      expect(await readFile(await download.path(), 'utf8')).toMatch(content);
    }),
  );

  it('takes files that are dropped on it', () =>
    within(async ({ page }) => {
      const texts = [pod('busybox'), pod('redis:7').replace('pasted', 'second')];
      const transfer = await page.evaluateHandle((files) => {
        const data = new DataTransfer();
        for (const [index, text] of files.entries()) data.items.add(new File([text], `${index}.yaml`));
        return data;
      }, texts);
      await page.locator('#comparison').dispatchEvent('drop', { dataTransfer: transfer });
      await page.getByRole('heading', { name: 'Pod pasted' }).waitFor();
      await page.getByRole('heading', { name: 'Pod second' }).waitFor();
    }));

  it('can be used by keyboard alone', () =>
    within(async ({ page, manifests }) => {
      const focused = () =>
        page.evaluate(() => {
          let element = document.activeElement;
          while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
          return element?.getAttribute('aria-label') ?? element?.id ?? '';
        });
      const visited: string[] = [];
      for (let press = 0; press < 12 && visited.at(-1) !== 'Hardened manifests'; press++) {
        await page.keyboard.press('Tab');
        visited.push(await focused());
      }
      expect(visited.filter((name) => name !== '')).toEqual([
        'example',
        'policy',
        'mode',
        'guide',
        'copy-link',
        'Your manifests',
        'Hardened manifests',
      ]);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.locator('.row details[open] dl').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await focused()).toBe('Hardened manifests');
      await manifests.focus();
      await page.keyboard.press('ControlOrMeta+End');
      await page.keyboard.type('---');
      await page.keyboard.press('ControlOrMeta+z');
      expect(await manifests.innerText()).not.toContain('---');
    }));
});
