import { escapeHtml } from './html.js';

/** An answer for who has no JavaScript. */
export interface PlainResult {
  /** The report and the diff, when something was asked for and could be read; of a guide its checklist too. */
  readonly shown?: { readonly report: string; readonly diff: string; readonly checklist?: string };
  /** What could not be read, and what was read but is hardly meant. */
  readonly faults: readonly string[];
}

/** The answer as HTML; empty where nothing was asked yet. */
export function resultOf(result: PlainResult | undefined): string {
  if (result === undefined) return '';
  return `<div class="plain">\n${faultList(result.faults)}${shownPart(result)}</div>\n`;
}

function faultList(faults: readonly string[]): string {
  if (faults.length === 0) return '';
  const items = faults.map((fault) => `<li>${escapeHtml(fault)}</li>`);
  return `<section aria-labelledby="to-mend"><h2 id="to-mend">To be mended first</h2><ul class="faults">${items.join('')}</ul></section>\n`;
}

function shownPart({ shown }: PlainResult): string {
  if (shown === undefined) return '';
  const { report, diff, checklist } = shown;
  return [
    ...(checklist === undefined ? [] : [sectionOf('checklist', 'By the guide', escapeHtml(checklist))]),
    sectionOf('report', 'What happens', escapeHtml(report)),
    sectionOf('diff', 'As a diff', markDiff(diff)),
  ].join('');
}

function sectionOf(id: string, title: string, html: string): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><pre tabindex="0">${html}</pre></section>\n`;
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
