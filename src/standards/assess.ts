import type { Pod } from '../kubernetes.js';
import { baseline } from './baseline.js';
import type { Check, Place } from './check.js';
import { restricted } from './restricted.js';
import type { Level, Version } from './version.js';

/** One field that keeps a pod from a level. */
export interface Violation extends Place {
  readonly check: string;
  /** The level that it keeps the pod from, and the one above. */
  readonly level: Check['level'];
}

/** The highest level that a pod reaches, and all that stands between it and `restricted`. */
export interface Assessment {
  readonly level: Level;
  readonly violations: readonly Violation[];
}

/** What keeps a pod from a level, as the API server's PodSecurity plugin finds it: at level `restricted`, some checks
 *  take the place of others. */
export function violationsOf(pod: Pod, level: Level, version: Version): Violation[] {
  return violationsIn(checksOf(level, version), pod, version);
}

function violationsIn(checks: readonly Check[], pod: Pod, version: Version): Violation[] {
  return checks.flatMap((check) =>
    check.places(pod, version).map((place) => Object.assign({ check: check.id, level: check.level }, place)),
  );
}

/** Measures a pod against the Pod Security Standards. Pure; the pod may hold nulls, as a manifest does. */
export function assess(pod: Pod, version: Version): Assessment {
  const basic = violationsOf(pod, 'baseline', version);
  const known = new Map(basic.map((violation) => [placeOf(violation), violation.found]));
  const further = violationsIn(restricted.filter(isIn(version)), pod, version).flatMap((violation) =>
    beyond(violation, known),
  );
  const level = basic.length > 0 ? 'privileged' : further.length > 0 ? 'baseline' : 'restricted';
  return { level, violations: [...basic, ...further] };
}

function isIn(version: Version): (check: Check) => boolean {
  return ({ since }) => since <= version;
}

function checksOf(level: Level, version: Version): Check[] {
  if (level === 'privileged') return [];
  const inForce = isIn(version);
  if (level === 'baseline') return baseline.filter(inForce);
  const further = restricted.filter(inForce);
  const overridden = new Set(further.map(({ overrides }) => overrides));
  return [...baseline.filter((check) => inForce(check) && !overridden.has(check.id)), ...further];
}

function placeOf({ target, field }: Place): string {
  return `${target} ${field}`;
}

/** The violation without what the level below has found in its place; nothing where that is all. */
function beyond(violation: Violation, known: ReadonlyMap<string, unknown>): Violation[] {
  const place = placeOf(violation);
  if (!known.has(place)) return [violation];
  const [found, before] = [violation.found, known.get(place)];
  if (!Array.isArray(found) || !Array.isArray(before)) return [];
  const others = new Set<unknown>(before);
  const left = found.filter((item) => !others.has(item));
  return left.length > 0 ? [{ ...violation, found: left }] : [];
}
