import { examples } from './examples.js';
import { escapeHtml } from './html.js';
import { resultOf, type PlainResult } from './plainResult.js';
import { workbench } from './workbench.js';

/** What the page shows. */
export interface PageContent {
  readonly manifests: string;
  readonly policy: Choice;
  readonly mode: Choice;
  readonly guide: GuideChoice;
  /** What the page's own engine is to reckon with, as JSON. */
  readonly settings: object;
  /** Without JavaScript: what was found out of the manifests. */
  readonly result?: PlainResult;
  /** Whether there is a webhook behind it, which answers a plain form; else it is a copy by itself. */
  readonly isServed: boolean;
}

/** What a namespace may say, and a person choose instead. */
export interface Choice {
  readonly names: readonly string[];
  readonly chosen: string | undefined;
  /** What holds where the namespace says nothing. */
  readonly otherwise: string;
}

/** The guides that manifests can be held against. */
export interface GuideChoice {
  readonly guides: readonly { readonly id: string; readonly title: string }[];
  readonly chosen: string | undefined;
}

/** The files of the page besides itself, at the same place. */
export const pageFiles = ['start.js', 'page.js', 'engine.js', 'page.css'] as const;

/** What the page may load and do: its own files, and nothing from anywhere else. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
].join('; ');

/** The preview page: a form that works without JavaScript and the answer beneath it; with JavaScript, a workbench in
 *  its place. */
export function renderPage(content: PageContent): string {
  const { isServed } = content;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${isServed ? '' : `<meta http-equiv="content-security-policy" content="${contentSecurityPolicy}">\n`}<title>podtemper: preview</title>
<link rel="stylesheet" href="page.css">
<script type="module" src="start.js"></script>
<script type="module" src="page.js"></script>
</head>
<body>
<header>
<h1>podtemper</h1>
<p>Paste a manifest and see what becomes of its pods, why, and what it may break.</p>
</header>
<main>
${form(content)}
${resultOf(content.result)}${workbench()}
</main>
<footer>
${isServed ? servedFooter : aloneFooter}
</footer>
</body>
</html>
`;
}

function form({ manifests, policy, mode, guide, settings, isServed }: PageContent): string {
  const target = isServed ? ' method="post" action="preview?from=form"' : '';
  return `<form id="form"${target} data-settings="${escapeHtml(JSON.stringify(settings))}">
<div class="toolbar">
<div class="field scripted" hidden><label for="example">Start from</label><select id="example"><option value="">your own</option>${examples
    .map(({ id, title }) => `<option value="${id}">${escapeHtml(title)}</option>`)
    .join('')}</select></div>
${namesPicker('policy', 'Policy', policy)}
${namesPicker('mode', 'Mode', mode)}
${guidePicker(guide)}
${isServed ? '<button type="submit" class="plain">Preview</button>\n' : ''}<div class="actions scripted" hidden>
<button type="button" id="copy-link">Copy link</button>
<span role="group" aria-label="Download">
<button type="button" data-download="yaml" title="The hardened manifests">YAML</button>
<button type="button" data-download="patch" title="What is added, as a JSON Patch">Patch</button>
<button type="button" data-download="sarif" title="What was found, for code hosts">SARIF</button>
</span>
</div>
</div>
<div class="plain">
<label for="manifests">Manifests (YAML or JSON)</label>
<textarea id="manifests" name="manifests" rows="20" spellcheck="false" required>
${escapeHtml(manifests)}</textarea>
</div>
</form>${isServed ? '' : '\n<noscript><p>This copy of the page works in the browser alone, and needs JavaScript. <code>podtemper preview</code> does the same in a terminal.</p></noscript>'}`;
}

function namesPicker(name: string, title: string, { names, chosen, otherwise }: Choice): string {
  const options = names.map((each): [string, string] => [each, each]);
  return picker(name, title, [['', `${otherwise}, or the namespace's own`], ...options], chosen);
}

function guidePicker({ guides, chosen }: GuideChoice): string {
  const options = guides.map(({ id, title }): [string, string] => [id, asEntry(title)]);
  return picker('guide', 'Checklist', [['', 'none'], ...options], chosen);
}

/** As it begins an entry by itself: without its article. */
function asEntry(title: string): string {
  const bare = title.replace(/^the /, '');
  return bare.slice(0, 1).toUpperCase() + bare.slice(1);
}

function picker(
  name: string,
  title: string,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string | undefined,
): string {
  const items = options.map(
    ([value, text]) =>
      `<option value="${escapeHtml(value)}"${value === chosen ? ' selected' : ''}>${escapeHtml(text)}</option>`,
  );
  return `<div class="field"><label for="${name}">${title}</label><select id="${name}" name="${name}">${items.join('')}</select></div>`;
}

const servedFooter = `<p>Nothing is stored and no cluster is touched; with JavaScript, nothing that you type leaves this page.
As data: <code>curl --data-binary @deployment.yaml</code> to <code>preview</code>, described in
<a href="openapi.json">openapi.json</a>. The <a href="controls">controls</a>, the <a href="policy">policies in force</a>.</p>`;

const aloneFooter = '<p>All of it happens in this page: nothing that you type is sent anywhere.</p>';
