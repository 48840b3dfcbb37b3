import type { Remaining, Standing } from '../hardening/standing.js';
import type { PreviewItem } from '../preview/preview.js';
import { type Level, newestVersion, spellVersion } from '../standards/version.js';
import type { Style } from './style.js';
import { titleOf } from './targets.js';
import { clean, column, painter, spell } from './words.js';

/** Where a pod stands in the Pod Security Standards: before and after, what is left, and who must change it. */
export function standingLines(item: PreviewItem, style: Style, width: number): string[] {
  const { standing } = item;
  if (standing === undefined) return [];
  const { missed } = standing;
  const refused =
    missed === undefined
      ? []
      : column(
          '    ',
          `its namespace demands ${missed}: the API server refuses such pods`,
          width,
          painter(style, 'yellow'),
        );
  const left = remainingOf(item).flatMap(({ places, remedy }) => {
    const [first = '', ...rest] = column('    ! ', places, width, (line) => line);
    const change = column('      → ', remedy, width, painter(style, 'cyan'));
    return [first.replace('!', style('yellow', '!'))].concat(rest, change);
  });
  return [summarize(standing, style), ...refused, ...left];
}

/** `Pod Security  baseline → restricted`. */
function summarize({ version, before, after, remaining }: Standing, style: Style): string {
  const heading = version === newestVersion ? 'Pod Security' : `Pod Security ${spellVersion(version)}`;
  const levels = before === after ? `${after} as before` : `${before} → ${after}`;
  const format = after === 'restricted' ? 'green' : 'yellow';
  return `  ${heading}  ${style(format, levels)}${remaining.length > 0 ? ', and for restricted:' : ''}`;
}

/** What is left between an object's pods and a level: where it stands, and what to do by whom. What one change would do
 *  for several containers and fields is said once. */
export function remainingOf(
  item: PreviewItem,
  level: Level = 'restricted',
): { readonly places: string; readonly remedy: string }[] {
  const groups = new Map<string, Remaining[]>();
  for (const one of shortOf(level, item)) {
    const key = `${one.who} ${one.change}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].map((group) => ({ places: placesOf(group), remedy: remedyOf(group, item) }));
}

/** What keeps the pods from a level: what keeps them from one below does too. */
export function shortOf(level: Level, { standing }: Pick<PreviewItem, 'standing'>): Remaining[] {
  return standing?.remaining.filter((one) => level === 'restricted' || one.level === level) ?? [];
}

/** `containers setup (init), web: runAsUser is 0; pod: hostNetwork is true`. */
function placesOf(group: readonly Remaining[]): string {
  const targets = new Map<string, Map<string, unknown>>();
  for (const { target, field, found } of group) {
    const name = field.replace(/^securityContext\./, '');
    const fields = targets.get(target) ?? new Map<string, unknown>();
    fields.set(name, joined(fields.get(name), found));
    targets.set(target, fields);
  }
  const alike = new Map<string, string[]>();
  for (const [target, fields] of targets) {
    const text = [...fields].map(factOf).join(', ');
    alike.set(text, [...(alike.get(text) ?? []), target]);
  }
  return [...alike].map(([text, names]) => `${titlesOf(names)}: ${text}`).join('; ');
}

/** What two levels forbid of one list is one list. */
function joined(before: unknown, found: unknown): unknown {
  return Array.isArray(before) && Array.isArray(found)
    ? [...(before as unknown[]), ...(found as unknown[])]
    : found;
}

function factOf([name, found]: [string, unknown]): string {
  return found === undefined ? `${name} is not set` : `${name} is ${clean(spell(found))}`;
}

/** Volumes and containers have names of their own; the pod is one. */
function titlesOf(targets: readonly string[]): string {
  const kindOf = (target: string) => /^(?:pod$|volumes\/)/.exec(target)?.[0] ?? 'containers';
  const kinds = [...new Set(targets.map(kindOf))];
  return kinds.map((kind) => titleOf(targets.filter((target) => kindOf(target) === kind))).join(', ');
}

function remedyOf([first]: readonly Remaining[], { namespace, report }: PreviewItem): string {
  if (first === undefined) return '';
  const places = {
    author: 'in the workload',
    image: 'with another image',
    namespace: `on namespace ${namespace || 'default'}`,
    policy: `in policy ${report?.policy ?? ''}`,
  };
  return `${places[first.who]}: ${first.change}`;
}
