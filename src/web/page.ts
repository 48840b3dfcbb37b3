/** What the page shows. */
export interface PageContent {
  readonly manifests: string;
  readonly policy: Choice;
  readonly mode: Choice;
  /** The report and the diff, when something was asked for. */
  readonly result?: { readonly report: string; readonly diff: string };
  /** What could not be read, and what was read but is hardly meant. */
  readonly faults?: readonly string[];
}

/** What a namespace may say, and a person choose instead. */
export interface Choice {
  readonly names: readonly string[];
  readonly chosen: string | undefined;
  /** What holds where the namespace says nothing. */
  readonly otherwise: string;
}

/** What the form starts with. */
export const sampleManifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
`;

/** The preview page: a form that works without JavaScript, and the answer beneath it. */
export function renderPage(content: PageContent): string {
  const { manifests, policy, mode } = content;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>podtemper: preview</title>
<style>${style}</style>
</head>
<body>
<header><h1>podtemper</h1><p>Paste a manifest and see what happens to its pods, why, and what may break.</p></header>
<main>
<form method="post" action="/preview?from=form">
<label for="manifests">Manifests (YAML or JSON)</label>
<textarea id="manifests" name="manifests" rows="20" spellcheck="false" required autofocus>
${escapeHtml(manifests)}</textarea>
<div class="choices">
${picker('policy', 'Policy', policy)}
${picker('mode', 'Mode', mode)}
<button type="submit">Preview</button>
</div>
</form>
${faultList(content.faults ?? [])}${resultOf(content)}</main>
<footer><p>Nothing is stored and no cluster is touched.
As data: <code>curl --data-binary @deployment.yaml</code> to <code>/preview</code>,
with <code>Accept: application/yaml</code>, <code>text/x-diff</code> or <code>text/plain</code> for another form;
the controls: <a href="/controls">/controls</a>; the policies in force: <a href="/policy">/policy</a>.</p></footer>
</body>
</html>
`;
}

function picker(name: string, title: string, { names, chosen, otherwise }: Choice): string {
  const options = names.map((choice) => {
    const text = escapeHtml(choice);
    return `<option value="${text}"${choice === chosen ? ' selected' : ''}>${text}</option>`;
  });
  const unsaid = `<option value="">as the namespace says, or else ${escapeHtml(otherwise)}</option>`;
  return `<label>${title} <select name="${name}">${unsaid}${options.join('')}</select></label>`;
}

function faultList(faults: readonly string[]): string {
  if (faults.length === 0) return '';
  const items = faults.map((fault) => `<li>${escapeHtml(fault)}</li>`);
  return `<section aria-labelledby="faults"><h2 id="faults">To be mended first</h2><ul class="faults">${items.join('')}</ul></section>\n`;
}

function resultOf({ result }: PageContent): string {
  if (result === undefined) return '';
  return `<section aria-labelledby="report"><h2 id="report">What happens</h2><pre tabindex="0">${escapeHtml(result.report)}</pre></section>
<section aria-labelledby="diff"><h2 id="diff">As a diff</h2><pre tabindex="0">${markDiff(result.diff)}</pre></section>
`;
}

function markDiff(diff: string): string {
  return diff
    .split('\n')
    .map((line) => {
      const text = escapeHtml(line);
      if (line.startsWith('+')) return `<ins>${text}</ins>`;
      return line.startsWith('-') ? `<del>${text}</del>` : text;
    })
    .join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

const style = `
:root { color-scheme: light dark; --line: #8888; --added: #1a7f37; --removed: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --added: #6fdd8b; --removed: #ff9a91; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { margin: 0; font-size: 1.5rem; } h2 { font-size: 1.15rem; }
header p { margin-top: .25rem; }
label { font-weight: 600; }
textarea, pre { width: 100%; box-sizing: border-box; font: 14px/1.45 ui-monospace, monospace; border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow: auto; }
.choices { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; margin: .75rem 0 1.5rem; }
select, button { font: inherit; padding: .3rem .75rem; }
ins { color: var(--added); text-decoration: none; } del { color: var(--removed); text-decoration: none; }
.faults { color: var(--removed); }
:focus-visible { outline: 3px solid #4c8dff; outline-offset: 2px; }
`;
