/** A version of the Pod Security Standards: the minor of the Kubernetes release that it came with, 25 for v1.25. */
export type Version = number;

/** The newest version that is known here. No later one has been published yet. */
export const newestVersion: Version = 37;

/** How far a pod goes in the Pod Security Standards, the weakest first. */
export const levels = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof levels)[number];

/** The level that a namespace demands of its pods, and the version by which they are measured. */
export interface Demand {
  readonly level: Level;
  readonly version: Version;
}

const prefix = 'pod-security.kubernetes.io/';

/** What the labels of a namespace demand, as the API server reads them: it takes a level that it does not know for
 *  `restricted`, and a version that it does not know for the newest. */
export function demandOf(labels: Readonly<Record<string, string>>): Demand {
  const { [`${prefix}enforce`]: level = 'privileged', [`${prefix}enforce-version`]: version } = labels;
  return {
    level: levels.find((known) => known === level) ?? 'restricted',
    version: versionOf(version),
  };
}

/** The version that a label such as `v1.25` or `latest` means to a server that knows those up to `newest`. */
export function versionOf(label: string | undefined, newest: Version = newestVersion): Version {
  const minor = /^v1\.(\d|[1-9]\d*)$/.exec(label ?? '')?.[1];
  return minor === undefined ? newest : Math.min(Number(minor), newest);
}

/** `v1.25`. */
export function spellVersion(version: Version): string {
  return `v1.${version}`;
}
