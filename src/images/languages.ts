import type { ImageRecord } from './record.js';

const installs = 'Installing packages, adding users and chown fail in its command.';

/** Base images, and those of languages: what they need is up to the program in them. */
export const languages: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/library/alpine'],
    sources: ['alpinelinux/docker-alpine@7d63673'],
    variants: [{ advice: installs }],
  },
  {
    repositories: ['docker.io/library/busybox'],
    sources: ['docker-library/busybox@9c20878'],
    variants: [{ advice: installs }],
  },
  {
    repositories: ['docker.io/library/debian'],
    sources: ['debuerreotype/docker-debian-artifacts@f5527c9'],
    variants: [{ advice: installs }],
  },
  {
    repositories: ['gcr.io/distroless/*'],
    sources: ['GoogleContainerTools/distroless@cd08076:common'],
    variants: [
      {
        tags: ['*nonroot*'],
        runAsUser: 65532,
        advice: 'Its home /home/nonroot is closed to any other user.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/eclipse-temurin'],
    sources: ['adoptium/containers@d8d18d6:21'],
    variants: [{ advice: 'USE_SYSTEM_CA_CERTS then makes a truststore in /tmp.' }],
  },
  {
    repositories: ['docker.io/library/openjdk'],
    sources: ['docker-library/openjdk@da2d75f'],
    variants: [{}],
  },
  {
    repositories: ['docker.io/library/golang'],
    sources: ['docker-library/golang@7c8c182'],
    variants: [
      { advice: 'For its build cache set GOCACHE=/tmp/go; /go must be made writable where it is used.' },
    ],
  },
  {
    repositories: ['docker.io/library/node'],
    sources: ['nodejs/docker-node@f27d936:24'],
    variants: [{ runAsUser: 1000, runAsGroup: 1000, advice: 'For npm set npm_config_cache=/tmp/npm.' }],
  },
  {
    repositories: ['docker.io/library/php'],
    sources: ['docker-library/php@445bf41:8.4'],
    variants: [
      {
        tags: ['*apache*'],
        runAsUser: 33,
        runAsGroup: 33,
        lowPorts: [80],
        writablePaths: ['/run'],
        neverMount: ['/var/log/apache2'],
      },
      { tags: ['*fpm*alpine*'], runAsUser: 82, runAsGroup: 82 },
      { tags: ['*fpm*'], runAsUser: 33, runAsGroup: 33 },
      {},
    ],
  },
  {
    repositories: ['docker.io/library/python'],
    sources: ['docker-library/python@4f07059'],
    variants: [{}],
  },
  {
    repositories: ['docker.io/library/ruby'],
    sources: ['docker-library/ruby@d55e25a'],
    variants: [
      {
        cannot: {
          readOnlyRootFilesystem:
            'Ruby refuses a /tmp without the sticky bit, which an emptyDir does not have',
        },
      },
    ],
  },
];
