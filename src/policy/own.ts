import type { Known } from '../controls/kit/context.js';
import { describeBadWritablePath } from '../controls/kit/paths.js';
import { detach } from '../detach.js';
import { annotationKeys } from '../kubernetes.js';
import { type Notices, quote } from './notices.js';
import type { Plan } from './plan.js';
import { wordsOf } from './words.js';

/** What the pod says of itself by annotation. */
export interface Own {
  readonly runAsUser: number | undefined;
  readonly writablePaths: readonly string[];
}

/** What the annotations ask for; undefined where they ask for nothing. */
export function readOwn(annotations: Readonly<Record<string, string>>, notices: Notices): Own | undefined {
  const user = annotations[annotationKeys.runAsUser];
  const paths = annotations[annotationKeys.writablePaths];
  if (user == null && paths == null) return undefined;
  return {
    runAsUser: user == null ? undefined : readUser(user.trim(), notices),
    writablePaths: paths == null ? [] : readPaths(paths, notices),
  };
}

const maxUserId = 2_147_483_647;

function readUser(text: string, notices: Notices): number | undefined {
  const user = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (user >= 1 && user <= maxUserId) return user;
  const advice = user === 0 ? `; to stay root set ${annotationKeys.optOut}: runAsNonRoot` : '';
  notices.add(
    'badRunAsUser',
    () => `${annotationKeys.runAsUser}: expected a user ID above 0, found ${quote(text)}${advice}`,
  );
  return undefined;
}

/** Directories that a pod may ask for: each is a volume, and a mount in every container. */
const maxPaths = 64;

function readPaths(text: string, notices: Notices): string[] {
  const paths: string[] = [];
  for (const path of wordsOf(text)) {
    const expected = describeBadWritablePath(path);
    if (expected === undefined) paths.push(path);
    else {
      notices.add(
        'badWritablePath',
        () => `${annotationKeys.writablePaths}: expected ${expected}, found ${quote(path)}`,
      );
    }
  }
  if (paths.length > maxPaths) {
    notices.add(
      'tooManyWritablePaths',
      () => `${annotationKeys.writablePaths}: expected at most ${maxPaths} paths, found ${paths.length}`,
    );
  }
  return paths.slice(0, maxPaths).map(detach);
}

/** Each image's facts with the pod's own, worked out once a pod. */
export function withOwn(knownOf: Plan['known'], own: Own): Plan['known'] {
  const added = new Map<Known, Known>();
  return (container) => {
    const known = knownOf(container);
    const done = added.get(known) ?? addOwn(known, own);
    added.set(known, done);
    return done;
  };
}

function addOwn(known: Known, own: Own): Known {
  const asksForUser = own.runAsUser !== undefined;
  const asksForPaths = own.writablePaths.length > 0;
  const { runAsNonRoot: _, ...others } = known.cannot;
  const pathSources = [
    ...(known.writablePaths.length > 0 ? [known.sources.writablePaths ?? ''] : []),
    annotationKeys.writablePaths,
  ];
  return {
    ...known,
    runAsUser: own.runAsUser ?? known.runAsUser,
    writablePaths: [...known.writablePaths, ...own.writablePaths],
    // A pod that names its user knows better than the catalogue that the image needs root.
    cannot: asksForUser ? others : known.cannot,
    sources: {
      ...known.sources,
      ...(asksForUser && { runAsUser: annotationKeys.runAsUser }),
      ...(asksForPaths && { writablePaths: pathSources.join(', ') }),
    },
  };
}
