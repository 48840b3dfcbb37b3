import { annotationKeys, labelKeys } from '../kubernetes.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { plain, type Style } from './style.js';
import { summarize, type TextOptions } from './text.js';
import { clean, column, count, painter } from './words.js';

/** What an audit says of one namespace. */
interface NamespaceAudit {
  readonly name: string;
  readonly items: readonly PreviewItem[];
  readonly isOptedIn: boolean;
  /** Whether it is one of the cluster itself, in which the webhook as installed is not called. */
  readonly isSystem: boolean;
  /** The lowest Pod Security level of its workloads, hardened. */
  readonly reaches: string;
}

/** The workloads of each namespace: what hardening changes, what they have opted out of, which level they reach. */
export function renderAudit(shown: Preview, { style = plain, width = 100 }: TextOptions = {}): string {
  const sections = namespacesOf(shown).map((namespace) =>
    [style('bold', headingOf(namespace))].concat(
      namespace.items.flatMap((item) => describeItem(item, style, width)),
    ),
  );
  return sections.map((lines) => lines.map((line) => `${line.trimEnd()}\n`).join('')).join('\n');
}

/** The same for programs: `{ namespaces }`. */
export function renderAuditJson(shown: Preview): string {
  const namespaces = namespacesOf(shown).map(({ name, items, isOptedIn, isSystem, reaches }) => ({
    name,
    isOptedIn,
    isSystem,
    mode: items[0]?.report?.mode,
    policy: items[0]?.report?.policy,
    reaches,
    workloads: items.map((item) => ({
      apiVersion: item.apiVersion,
      kind: item.kind,
      name: item.name,
      ...(item.note !== undefined && { note: item.note }),
      changed: item.report?.changed ?? [],
      patch: item.patch,
      podSecurity: { before: item.standing?.before, after: item.standing?.after },
      ...optOutOf(item),
      notices: item.report?.notices ?? [],
    })),
  }));
  return `${JSON.stringify({ namespaces }, undefined, 2)}\n`;
}

const levels = ['privileged', 'baseline', 'restricted'];

function namespacesOf({ items }: Preview): NamespaceAudit[] {
  const groups = new Map<string, PreviewItem[]>();
  for (const item of items) groups.set(item.namespace, [...(groups.get(item.namespace) ?? []), item]);
  return [...groups].map(([name, own]) => {
    const ranks = own.flatMap(({ standing }) =>
      standing === undefined ? [] : [levels.indexOf(standing.after)],
    );
    return {
      name,
      items: own,
      isOptedIn: own.every(({ assumedNamespace }) => assumedNamespace === undefined),
      isSystem: own.some(({ systemNamespace }) => systemNamespace !== undefined),
      reaches: levels[Math.min(...ranks)] ?? 'restricted',
    };
  });
}

function headingOf({ name, items, isOptedIn, isSystem, reaches }: NamespaceAudit): string {
  const { mode = '', policy = '' } = items[0]?.report ?? {};
  const shownAs = `shown as in mode ${mode}`;
  const state = isSystem
    ? `where the webhook as installed is not called, ${shownAs}`
    : isOptedIn
      ? `mode ${mode}`
      : `no label ${labelKeys.mode}, ${shownAs}`;
  return `Namespace ${name}: ${count(items.length, 'workload')}, ${state}, policy ${policy}, reaches ${reaches}`;
}

function describeItem(item: PreviewItem, style: Style, width: number): string[] {
  const { kind, name, note, standing, report } = item;
  const { before = '', after = '' } = standing ?? {};
  const level = before === after ? `${after} as before` : `${before} → ${after}`;
  const what = note === undefined ? summarize(item) : `left alone, ${note}`;
  const { optedOut } = optOutOf(item);
  return [
    ...column(`  ${clean(kind)} `, `${name}: ${what}; Pod Security ${level}`, width, (line) => line),
    ...(optedOut === undefined
      ? []
      : column('    - ', `opted out of ${spellOptOut(optedOut)}`, width, painter(style, 'yellow'))),
    ...(report?.notices ?? []).flatMap(({ text }) => column('    ! ', text, width, painter(style, 'yellow'))),
  ];
}

interface OptOut {
  readonly controls: readonly string[];
  readonly until: string | undefined;
  readonly reason: string | undefined;
}

/** What a workload has opted out of, as far as it counts. */
function optOutOf({ report, pod }: PreviewItem): { readonly optedOut?: OptOut } {
  const findings = report?.findings ?? [];
  const skipped = findings.filter(
    ({ decision }) => decision.kind === 'skip' && decision.reason === 'optedOut',
  );
  if (skipped.length === 0) return {};
  const annotations = pod?.metadata?.annotations ?? {};
  return {
    optedOut: {
      controls: [...new Set(skipped.map(({ control }) => control))],
      until: annotations[annotationKeys.optOutUntil],
      reason: annotations[annotationKeys.optOutReason],
    },
  };
}

function spellOptOut({ controls, until, reason }: OptOut): string {
  const end = until === undefined ? 'without an end' : `until ${until}`;
  return `${controls.join(', ')}, ${end}: ${reason ?? 'no reason given'}`;
}
