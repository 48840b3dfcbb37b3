import type { Container, Pod } from '../../src/kubernetes.js';
import { shorten } from './scenario.js';
import { containersOf } from './securityRules.js';
import { effectiveUser } from './startRules.js';
import { isSamePath, leavesOf, markPath, valueAt } from './trees.js';

/** Every leaf that was set and now is another or gone. An empty object or list may have been filled. */
export function overwrittenLeaves(before: object, after: object): string[] {
  return leavesOf(before)
    .filter(
      ({ path, value }) =>
        value !== null && !isSamePath(path, markPath) && !keeps(value, valueAt(after, path)),
    )
    .map(({ path, value }) => `${path.join('.')} was ${shorten(value)}`);
}

function keeps(before: unknown, after: unknown): boolean {
  if (typeof before !== 'object' || before === null) return before === after;
  return typeof after === 'object' && after !== null && Array.isArray(before) === Array.isArray(after);
}

/** What a container had chosen, itself or by its pod, and now is otherwise: user, profile, capabilities that it did
 *  not have. */
export function weakenedChoices(before: Pod, after: Pod): string[] {
  const now = containersOf(after.spec);
  return containersOf(before.spec).flatMap((container, index) => {
    const same = now[index];
    if (same === undefined) return [`${container.name} is gone`];
    return weakened(container, before, same, after).map((choice) => `${container.name}: ${choice}`);
  });
}

function weakened(before: Container, pod: Pod, after: Container, hardened: Pod): string[] {
  const was = effectiveUser(before, pod.spec);
  const is = effectiveUser(after, hardened.spec);
  const keys = Object.keys(was) as (keyof typeof was)[];
  const other = keys.filter((key) => was[key] !== undefined && shorten(was[key]) !== shorten(is[key]));
  const had = capabilitiesOf(before);
  const gained = [...capabilitiesOf(after)].filter((name) => !had.has(name) && !had.has('ALL'));
  return [...other.map((key) => `effective ${key}`), ...gained.map((name) => `gained ${name}`)];
}

/** What containerd and CRI-O give by default, as far as a container may add it back. */
const runtimeDefaults = ['NET_BIND_SERVICE', 'CHOWN', 'SETUID', 'SETGID', 'NET_RAW', 'KILL'];

/** As a runtime works them out: add ALL, drop ALL, each add, each drop (semantics.md A 11). */
function capabilitiesOf({ securityContext }: Container): Set<string> {
  const name = (text: string) => text.toUpperCase().replace(/^CAP_/, '');
  const add = securityContext?.capabilities?.add?.map(name) ?? [];
  const drop = securityContext?.capabilities?.drop?.map(name) ?? [];
  const start = drop.includes('ALL') ? [] : add.includes('ALL') ? ['ALL'] : runtimeDefaults;
  const given = new Set([...start, ...add.filter((item) => item !== 'ALL')]);
  drop.forEach((item) => given.delete(item));
  return given;
}
