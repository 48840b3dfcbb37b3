import type { ImageFacts, ImageRecord } from './record.js';

const postgres: ImageFacts = {
  // The parent of the data directory: initdb sets the mode of that itself, which it can only where it has made it.
  dataPaths: ['/var/lib/postgresql'],
  writablePaths: ['/var/run/postgresql'],
  stepsDown: true,
  advice:
    'Up to version 17, a volume of your own at /var/lib/postgresql/data needs PGDATA=/var/lib/postgresql/data/pgdata.',
};

const redis: ImageFacts = { runAsUser: 999, dataPaths: ['/data'], stepsDown: true };

/** Databases, caches and search engines. */
export const databases: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/library/postgres'],
    sources: ['docker-library/postgres@6edb0a8'],
    variants: [
      { tags: ['*alpine*'], from: '14', runAsUser: 70, runAsGroup: 70, ...postgres },
      { from: '14', runAsUser: 999, runAsGroup: 999, ...postgres },
    ],
  },
  {
    repositories: ['docker.io/library/mysql'],
    sources: ['docker-library/mysql@7f30fdb:8.4', 'docker-library/mysql@0097ab8:8.0'],
    variants: [
      {
        from: '8.0',
        runAsUser: 999,
        runAsGroup: 999,
        dataPaths: ['/var/lib/mysql'],
        writablePaths: ['/var/run/mysqld'],
        stepsDown: true,
      },
    ],
  },
  {
    repositories: ['docker.io/library/mariadb'],
    sources: ['MariaDB/mariadb-docker@1b6429b:11.8'],
    variants: [
      {
        tags: ['*ubi*'],
        runAsUser: 999,
        dataPaths: ['/var/lib/mysql'],
        writablePaths: ['/run/mariadb'],
        stepsDown: true,
      },
      {
        runAsUser: 999,
        runAsGroup: 999,
        dataPaths: ['/var/lib/mysql'],
        writablePaths: ['/run/mysqld'],
        stepsDown: true,
      },
    ],
  },
  {
    repositories: ['docker.io/library/mongo'],
    sources: ['docker-library/mongo@2c69a57', 'docker-library/mongo@02fd6f0:6.0'],
    variants: [
      {
        from: '6',
        runAsUser: 999,
        runAsGroup: 999,
        dataPaths: ['/data/db', '/data/configdb'],
        stepsDown: true,
      },
    ],
  },
  {
    repositories: ['docker.io/library/redis'],
    sources: ['redis/docker-library-redis@e5650da', 'redis/docker-library-redis@0076c90'],
    variants: [
      { tags: ['*alpine*'], from: '6', runAsGroup: 1000, ...redis },
      { from: '6', runAsGroup: 999, ...redis },
    ],
  },
  {
    repositories: ['docker.io/valkey/valkey'],
    sources: ['valkey-io/valkey-container@ae6141e'],
    variants: [
      { tags: ['*alpine*'], from: '7', runAsGroup: 1000, ...redis },
      { from: '7', runAsGroup: 999, ...redis },
    ],
  },
  {
    repositories: ['docker.io/library/memcached'],
    sources: ['docker-library/memcached@53ac0ec'],
    variants: [{ runAsUser: 11211 }],
  },
  {
    repositories: ['docker.io/library/couchdb'],
    sources: ['apache/couchdb-docker@4c82ee0'],
    variants: [
      {
        from: '3.5',
        runAsUser: 5984,
        runAsGroup: 5984,
        dataPaths: ['/opt/couchdb/data'],
        writablePaths: ['/opt/couchdb/etc/local.d'],
        stepsDown: true,
        advice:
          'NODENAME and COUCHDB_ERLANG_COOKIE are written elsewhere: then set readOnlyRootFilesystem: false.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/cassandra'],
    sources: ['docker-library/cassandra@7b9da8f', 'apache/cassandra@01234b6:conf/cassandra-env.sh'],
    variants: [
      {
        runAsUser: 999,
        runAsGroup: 999,
        dataPaths: ['/var/lib/cassandra'],
        writablePaths: ['/var/log/cassandra'],
        neverMount: ['/etc/cassandra'],
        stepsDown: true,
        cannot: {
          readOnlyRootFilesystem: 'it edits /etc/cassandra/cassandra.yaml at each start',
          resources: 'its heap follows the memory of the node',
        },
        advice: 'Set MAX_HEAP_SIZE, and a memory limit above it.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/influxdb'],
    sources: ['influxdata/influxdata-docker@d457cb9:influxdb/2.9, influxdb/1.12, influxdb/3.11-core'],
    variants: [
      {
        tags: ['*core*'],
        runAsUser: 1500,
        runAsGroup: 1500,
        dataPaths: ['/var/lib/influxdb3', '/home/influxdb3/.influxdb3', '/plugins'],
      },
      {
        tags: ['2*'],
        runAsUser: 1000,
        runAsGroup: 1000,
        dataPaths: ['/var/lib/influxdb2', '/etc/influxdb2'],
        stepsDown: true,
      },
      {
        tags: ['1.12*'],
        except: ['*data*', '*meta*'],
        runAsUser: 1500,
        runAsGroup: 1500,
        dataPaths: ['/var/lib/influxdb'],
      },
    ],
  },
  {
    repositories: ['docker.io/library/neo4j'],
    sources: ['neo4j/docker-neo4j-publish@a9a15fb'],
    variants: [
      {
        from: '2026',
        runAsUser: 7474,
        runAsGroup: 7474,
        dataPaths: ['/data', '/logs'],
        neverMount: ['/var/lib/neo4j/conf'],
        stepsDown: true,
        cannot: {
          readOnlyRootFilesystem: 'it appends to /var/lib/neo4j/conf/neo4j.conf at the start',
          resources: 'its page cache and heap need more than the default limit',
        },
      },
    ],
  },
  {
    repositories: ['mcr.microsoft.com/mssql/server'],
    sources: ['microsoft/mssql-docker@d7e572d:linux/preview'],
    variants: [
      {
        from: '2019',
        runAsUser: 10001,
        fsGroup: 10001,
        keepCapabilities: ['NET_BIND_SERVICE'],
        dataPaths: ['/var/opt/mssql'],
        cannot: { resources: 'its documentation asks for 3.25 GB of memory' },
      },
    ],
  },
  {
    repositories: ['container-registry.oracle.com/database/enterprise'],
    sources: ['oracle/docker-images@d5b0a1f:21.3.0'],
    variants: [
      {
        tags: ['21*'],
        cannot: {
          runAsNonRoot: 'it runs as its user oracle, whose number is not known',
          readOnlyRootFilesystem: 'not all that it writes to is known',
          resources: 'it refuses to start with less than 2 GB of memory',
        },
      },
    ],
  },
  {
    repositories: ['quay.io/coreos/etcd'],
    sources: ['etcd-io/etcd@c34dc7e'],
    variants: [
      { dataPaths: ['/var/lib/etcd'], advice: 'Its working directory belongs to root: name a --data-dir.' },
    ],
  },
  {
    repositories: ['docker.io/library/elasticsearch', 'docker.elastic.co/elasticsearch/elasticsearch'],
    sources: ['elastic/dockerfiles@0bbe2f0', 'elastic/cloud-on-k8s@7b93383:pkg/controller/elasticsearch'],
    variants: [
      {
        from: '9',
        runAsUser: 1000,
        dataPaths: ['/usr/share/elasticsearch/data'],
        writablePaths: ['/usr/share/elasticsearch/logs'],
        neverMount: ['/usr/share/elasticsearch/config'],
        cannot: { readOnlyRootFilesystem: 'it writes its keystore to config, among files of the image' },
      },
    ],
  },
  {
    repositories: ['docker.io/library/solr'],
    sources: ['apache/solr-docker@884b2e6', 'apache/solr@0bc7846'],
    variants: [{ from: '9', runAsUser: 8983, runAsGroup: 8983, dataPaths: ['/var/solr'] }],
  },
];
