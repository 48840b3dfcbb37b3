import type { ImageFacts, ImageRecord } from './record.js';

const containers = 'bitnami/containers@02a6e6c';
const charts = 'bitnami/charts@5165628';

const user: ImageFacts = { runAsUser: 1001, runAsGroup: 1001 };

function below(app: string, ...directories: string[]): string[] {
  return directories.map((directory) => `/opt/bitnami/${app}/${directory}`);
}

/** Bitnami's images. They share names with official ones, and nothing else. */
export const bitnami: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/bitnami/redis'],
    sources: [containers, charts],
    variants: [{ ...user, writablePaths: below('redis', 'etc') }],
  },
  {
    repositories: ['docker.io/bitnami/postgresql'],
    sources: ['bitnami/containers@0293904', charts],
    variants: [
      { ...user, dataPaths: ['/bitnami/postgresql'], writablePaths: below('postgresql', 'conf', 'tmp') },
    ],
  },
  ...['mariadb', 'mongodb'].map((app): ImageRecord => ({
    repositories: [`docker.io/bitnami/${app}`],
    sources: [charts],
    variants: [{ ...user, writablePaths: below(app, 'conf', 'logs', 'tmp') }],
  })),
  {
    repositories: ['docker.io/bitnami/zookeeper'],
    sources: [charts],
    variants: [{ ...user, writablePaths: below('zookeeper', 'conf', 'logs') }],
  },
  ...Object.entries({
    keycloak: ['lib/quarkus', 'providers', 'themes'],
    mysql: ['logs'],
    nginx: ['logs'],
    rabbitmq: ['plugins'],
  }).map(([app, directories]): ImageRecord => ({
    repositories: [`docker.io/bitnami/${app}`],
    sources: [charts],
    variants: [
      {
        ...user,
        neverMount: below(app, ...directories),
        cannot: {
          readOnlyRootFilesystem: `it writes to ${directories.join(', ')}, among files of the image`,
        },
      },
    ],
  })),
  {
    repositories: ['docker.io/bitnami/*'],
    sources: [containers, charts],
    variants: [
      {
        ...user,
        advice:
          'What it writes to, most often below /opt/bitnami, is not known: podtemper.io/writable-paths.',
      },
    ],
  },
];
