import type { ImageFacts, ImageRecord } from './record.js';

/** Images made from Apache with PHP: their logs are links to the container's own output. */
const apache: ImageFacts = {
  runAsUser: 33,
  runAsGroup: 33,
  lowPorts: [80],
  writablePaths: ['/run'],
  neverMount: ['/var/log/apache2'],
};
const debian: ImageFacts = { runAsUser: 33, runAsGroup: 33 };
const alpine: ImageFacts = { runAsUser: 82, runAsGroup: 82 };

/** Its files are copied there at the first start. */
const webRoot: ImageFacts = { dataPaths: ['/var/www/html'], stepsDown: true };

const nextcloud: ImageFacts = {
  ...webRoot,
  advice: 'REDIS_HOST writes a file that only root can: mount that ini file instead.',
};

const drupal: ImageFacts = {
  cannot: {
    readOnlyRootFilesystem: 'its installer writes to /opt/drupal/web/sites, among files of the image',
  },
};

/** Applications that people use, and tools of developers. */
export const applications: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/library/wordpress'],
    sources: ['docker-library/wordpress@bf223d1'],
    variants: [
      { tags: ['*alpine*'], except: ['cli*'], ...alpine, ...webRoot },
      { tags: ['*fpm*'], ...debian, ...webRoot },
      { except: ['cli*'], ...apache, ...webRoot },
    ],
  },
  {
    repositories: ['docker.io/library/nextcloud'],
    sources: ['nextcloud/docker@4de1eed:34'],
    variants: [
      { tags: ['*alpine*'], ...alpine, ...nextcloud },
      { tags: ['*fpm*'], ...debian, ...nextcloud },
      { ...apache, ...nextcloud },
    ],
  },
  {
    repositories: ['docker.io/library/drupal'],
    sources: ['docker-library/drupal@305e3e2'],
    variants: [
      { tags: ['*alpine*'], ...alpine, ...drupal },
      { tags: ['*fpm*'], ...debian, ...drupal },
      { ...apache, ...drupal },
    ],
  },
  {
    repositories: ['docker.io/library/joomla'],
    sources: ['joomla-docker/docker-joomla@562e0fe'],
    variants: [{ except: ['*fpm*', '*alpine*'], ...apache, ...webRoot }],
  },
  {
    repositories: ['docker.io/library/phpmyadmin'],
    sources: ['phpmyadmin/docker@452a995'],
    variants: [
      {
        except: ['*fpm*', '*alpine*'],
        ...apache,
        writablePaths: ['/sessions', '/var/www/html/tmp', '/run'],
        advice: 'It cannot write config.secret.inc.php and goes on without: mount it at /etc/phpmyadmin.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/ghost'],
    sources: ['TryGhost/docker-library-ghost@bc5d011'],
    variants: [
      {
        from: '6',
        runAsUser: 1000,
        runAsGroup: 1000,
        dataPaths: ['/var/lib/ghost/content'],
        stepsDown: true,
      },
    ],
  },
  {
    repositories: ['docker.io/library/odoo'],
    sources: ['odoo/docker@f7f6765'],
    variants: [
      {
        from: '17',
        dataPaths: ['/var/lib/odoo'],
        cannot: { runAsNonRoot: 'it runs as its user odoo, whose number is not known' },
      },
    ],
  },
  {
    repositories: ['docker.io/library/redmine'],
    sources: ['docker-library/redmine@f772dee'],
    variants: [
      {
        from: '7',
        runAsUser: 999,
        runAsGroup: 999,
        stepsDown: true,
        cannot: {
          readOnlyRootFilesystem: 'it writes config, tmp, log and Gemfile.lock, among files of the image',
        },
      },
    ],
  },
  {
    repositories: ['docker.io/gitea/gitea'],
    sources: ['go-gitea/gitea@03173b3', 'go-gitea/gitea@023ef49:docker/rootless'],
    variants: [
      {
        tags: ['*rootless*'],
        runAsUser: 1000,
        runAsGroup: 1000,
        dataPaths: ['/var/lib/gitea', '/etc/gitea'],
      },
      {
        lowPorts: [22],
        dataPaths: ['/data'],
        stepsDown: true,
        cannot: { runAsNonRoot: 's6, sshd and su-exec in it need root' },
        advice: 'Its tags that end in -rootless need no root.',
      },
    ],
  },
  {
    repositories: ['docker.io/jenkins/jenkins'],
    sources: ['jenkinsci/docker@ab3f5e0'],
    variants: [{ runAsUser: 1000, runAsGroup: 1000, dataPaths: ['/var/jenkins_home'] }],
  },
  {
    repositories: ['docker.io/library/sonarqube'],
    sources: ['SonarSource/docker-sonarqube@df5a6ae'],
    variants: [
      {
        tags: ['*community*', 'latest'],
        runAsUser: 1000,
        dataPaths: [
          '/opt/sonarqube/data',
          '/opt/sonarqube/extensions',
          '/opt/sonarqube/logs',
          '/opt/sonarqube/temp',
        ],
        cannot: { resources: 'its image asks for 2048M of memory' },
      },
    ],
  },
  {
    repositories: ['docker.io/selenium/*'],
    sources: ['SeleniumHQ/docker-selenium@3290a30'],
    variants: [
      {
        from: '4',
        runAsUser: 1200,
        runAsGroup: 1201,
        cannot: { readOnlyRootFilesystem: 'it writes /opt/selenium/config.toml, among files of the image' },
        advice: 'sudo in it stops working.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/adminer'],
    sources: ['TimWolla/docker-adminer@7088bf0:5'],
    variants: [
      {
        advice:
          'ADMINER_DESIGN and ADMINER_PLUGINS are written elsewhere: then set readOnlyRootFilesystem: false.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/mongo-express'],
    sources: ['mongo-express/mongo-express-docker@0752343'],
    variants: [{ from: '1.0' }],
  },
  {
    repositories: ['docker.io/minio/minio', 'quay.io/minio/minio'],
    sources: ['minio/minio@7aac2a2'],
    variants: [
      {
        dataPaths: ['/data'],
        // Without an account its home is /, where it makes this directory or dies.
        writablePaths: ['/.minio'],
        advice: 'MINIO_USERNAME needs root.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/registry'],
    sources: [
      'distribution/distribution-library-image@a829ed8',
      'distribution/distribution-library-image@3688baf',
    ],
    variants: [{ from: '2', dataPaths: ['/var/lib/registry'] }],
  },
];
