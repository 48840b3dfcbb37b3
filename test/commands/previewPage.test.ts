import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pod, PreviewServer } from './previewServer.js';

const server = new PreviewServer();
beforeAll(() => server.open());
afterAll(() => server.close());

describe('the page', () => {
  const submit = (fields: Record<string, string>) =>
    server.post(new URLSearchParams(fields).toString(), '?from=form', { accept: 'text/html' });

  it('is a plain form, with no script but its own files', async () => {
    const html = await server.page();
    expect(html).toContain('<form id="form" method="post" action="preview?from=form"');
    expect(html).toMatch(/<textarea id="manifests" name="manifests"[^>]*>\napiVersion: apps\/v1\n/);
    expect(html.match(/<script.*?<\/script>/g)).toEqual([
      '<script type="module" src="start.js"></script>',
      '<script type="module" src="page.js"></script>',
    ]);
    expect(html).not.toMatch(/\son\w+=|\sstyle=|<style|https?:\/\//);
  });

  it('offers the policies, modes and guides there are, and what the namespace says', async () => {
    const options = Array.from(
      (await server.page())
        .replace(/<select id="example".*?<\/select>/s, '')
        .matchAll(/<option value="([\w-]*)"/g),
      ([, value]) => value,
    );
    expect(options).toEqual(
      [
        ['', 'strict', 'default'],
        ['', 'enforce', 'warn', 'audit'],
        ['', 'cloud', 'nsa-cisa', 'cis'],
      ].flat(),
    );
  });

  it('shows the report and the diff beneath the form, and what was asked', async () => {
    const { status, text } = await submit({ manifests: pod(), policy: 'strict', mode: 'warn' });
    expect(status).toBe(200);
    expect(text).toContain('Pod web: 1 container, 6 controls would change it (policy strict, mode warn)');
    expect(text).toContain('<option value="strict" selected>');
    expect(text).toContain('<option value="warn" selected>');
    expect(text).toContain('metadata: {name: web}\n');
    const added = (await submit({ manifests: pod(), policy: '', mode: '' })).text;
    expect(added).toMatch(/<ins>\+metadata: \{name: web, annotations/);
  });

  it('shows the checklist of a guide above them', async () => {
    const { text } = await submit({ manifests: pod(), guide: 'nsa-cisa' });
    expect(text).toMatch(/<h2 id="checklist">By the guide<\/h2><pre tabindex="0">Pod web: \d+ satisfied/);
    expect(text).toContain('<option value="nsa-cisa" selected>');
    expect((await submit({ manifests: pod(), guide: '' })).text).not.toContain('id="checklist"');
  });

  it('lets the namespaces among the manifests say what is not chosen', async () => {
    const manifests = `apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {podtemper.io/mode: audit}}\n---\n${pod('name: web, namespace: a')}`;
    expect((await submit({ manifests, policy: '', mode: '' })).text).toContain(
      '(policy default, mode audit)',
    );
  });

  it('shows what is wrong and keeps what was written', async () => {
    const { status, text } = await submit({ manifests: 'a: [ # mine\n', policy: '', mode: '' });
    expect(status).toBe(200);
    expect(text).toContain('<li>input:2:1: manifest: expected YAML');
    expect(text).toContain('a: [ # mine');
    expect(text).not.toContain('<h2 id="report">');
  });

  it('shows manifests as text, whatever is in them', async () => {
    const evil = '</textarea><script>alert(1)</script>\'"&amp;';
    const { text } = await submit({
      manifests: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "</pre><script>alert(2)</script>"}\ndata: {a: '${evil.replaceAll("'", "''")}'}\n`,
    });
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).toContain('&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).toContain('&lt;/pre&gt;&lt;script&gt;');
  });

  it('takes line ends as browsers send them', async () => {
    const { text } = await submit({ manifests: pod().replaceAll('\n', '\r\n') });
    expect(text).toContain('Pod web: 1 container, 6 controls change it');
  });

  it('has labels for its fields and headings for its parts', async () => {
    const { text } = await submit({ manifests: pod() });
    expect(text).toContain('<html lang="en">');
    expect(text).toContain('<label for="manifests">');
    for (const [, heading] of text.matchAll(/aria-labelledby="([\w-]+)"/g))
      expect(text).toContain(`<h2 id="${heading}"`);
  });
});
