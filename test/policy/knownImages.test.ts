import { describe, expect, it } from '@jest/globals';
import type { Known } from '../../src/controls/kit/context.js';
import { describeBadWritablePath } from '../../src/controls/kit/paths.js';
import { imageRecords } from '../../src/images/index.js';
import { controlIds } from '../../src/policy/catalogue.js';
import { parseImage } from '../../src/policy/imageReference.js';
import { ImageCatalogue, nothingKnown } from '../../src/policy/images.js';
import { parseSpec, planFor } from './documents.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** What is known of an image under a policy. */
function knownOf(image: string, spec: unknown = {}): Known {
  return new ImageCatalogue(parseSpec(spec)).of(image);
}

const mirrored = { imageCatalogue: { mirrors: ['myregistry.local/mirror', 'localhost:5000'] } };

describe('the shipped catalogue', () => {
  it.each([
    // All spellings of one image.
    ['nginx', 'docker.io/library/nginx', 101],
    ['nginx:1.27-alpine', 'docker.io/library/nginx', 101],
    ['library/nginx', 'docker.io/library/nginx', 101],
    ['docker.io/nginx', 'docker.io/library/nginx', 101],
    ['docker.io/library/nginx:1', 'docker.io/library/nginx', 101],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx', 101],
    [`nginx@${digest}`, 'docker.io/library/nginx', 101],
    [`nginx:1.27@${digest}`, 'docker.io/library/nginx', 101],
    ['grafana/grafana', 'docker.io/grafana/grafana', 472],
    ['quay.io/prometheus/prometheus:v3.5.0', 'docker.io/prom/prometheus', 65534],
    ['registry.k8s.io/coredns/coredns:v1.12.1', 'docker.io/coredns/coredns', 65532],
    // Variants.
    ['postgres', 'docker.io/library/postgres', 999],
    ['postgres:17', 'docker.io/library/postgres', 999],
    ['postgres:17.5-bookworm', 'docker.io/library/postgres', 999],
    ['postgres:17-alpine', 'docker.io/library/postgres', 70],
    ['postgres:alpine3.20', 'docker.io/library/postgres', 70],
    [`postgres:17-alpine@${digest}`, 'docker.io/library/postgres', 70],
    ['httpd:2.4-alpine', 'docker.io/library/httpd', 82],
    ['rabbitmq:4-management-alpine', 'docker.io/library/rabbitmq', 100],
    ['wordpress:6-fpm-alpine', 'docker.io/library/wordpress', 82],
    ['wordpress:6-fpm', 'docker.io/library/wordpress', 33],
    ['prom/prometheus:v3-distroless', 'docker.io/prom/prometheus', 65532],
    ['gitea/gitea:1.24-rootless', 'docker.io/gitea/gitea', 1000],
    ['gcr.io/distroless/static:nonroot', 'gcr.io/distroless/static', 65532],
    ['gcr.io/distroless/java21-debian12:debug-nonroot', 'gcr.io/distroless/java21-debian12', 65532],
    ['influxdb:2.7-alpine', 'docker.io/library/influxdb', 1000],
    ['influxdb:3-core', 'docker.io/library/influxdb', 1500],
    // Versions: the lowest that was read, as short as a tag may say it.
    ['haproxy:2.6', 'docker.io/library/haproxy', 99],
    ['haproxy:3.0-alpine', 'docker.io/library/haproxy', 99],
    ['haproxy:2', 'docker.io/library/haproxy', 99],
    ['haproxy:lts', 'docker.io/library/haproxy', 99],
    ['mysql:8.0.42', 'docker.io/library/mysql', 999],
    ['redis:10', 'docker.io/library/redis', 999],
    // A folder, and what stands out in it.
    ['bitnami/kafka', 'docker.io/bitnami/kafka', 1001],
    ['bitnami/nginx', 'docker.io/bitnami/nginx', 1001],
    ['bitnami/postgresql:17', 'docker.io/bitnami/postgresql', 1001],
    ['selenium/node-chrome:4.25', 'docker.io/selenium/node-chrome', 1200],
  ])('knows %s as %s with user %d', (image, repository, user) => {
    const known = knownOf(image);
    expect(known.image?.repository).toBe(repository);
    expect(known.runAsUser).toBe(user);
  });

  it.each([
    // Images that only look alike.
    'team/nginx',
    'example.com/nginx',
    'example.com/library/nginx',
    'nginxx',
    'nginx-unprivileged',
    'NGINX',
    'nginx/nginx-prometheus-exporter',
    'docker.io/nginx/nginx',
    'localhost/postgres',
    'mypostgres',
    'postgres/postgres',
    'bitnamilegacy/nginx',
    'quay.io/bitnami/nginx',
    'ghcr.io/grafana/grafana',
    'gcr.io/distroless/static/nonroot:nonroot',
    'registry.k8s.io/etcd:3.5',
    // Tags of which nothing is known.
    'haproxy:2.2',
    'haproxy:2.5-alpine',
    'haproxy:1.9',
    'postgres:13-alpine',
    'postgres:9.6',
    'mysql:5.7',
    'varnish:stable',
    'wordpress:cli',
    'dexidp/dex:v2.41-distroless',
    'influxdb:1.8',
    'influxdb:latest',
    'gcr.io/distroless/static',
    'gcr.io/distroless/static:latest',
    'hashicorp/vault:1.18-ubi',
    // A digest of which the variant may be one of these.
    `gcr.io/distroless/static@${digest}`,
    `influxdb@${digest}`,
    // Copies, without a mirror that says so.
    'myregistry.local/mirror/nginx',
    '',
    ':',
    '@',
    'docker.io/library/',
  ])('knows nothing of %j', (image) => {
    expect(knownOf(image)).toEqual(nothingKnown);
  });

  it('sets no user for a digest whose variant has one of its own, and keeps what its root needs', () => {
    const known = knownOf(`postgres@${digest}`);
    expect(known.runAsUser).toBeUndefined();
    expect(known.fsGroup).toBeUndefined();
    expect(known.stepsDown).toBe(true);
    expect(known.cannot).toEqual({ runAsNonRoot: 'its user depends on the tag, and there is only a digest' });
    expect(known.dataPaths).toEqual(['/var/lib/postgresql']);
    // It may be of the tags of which nothing is known.
    expect(knownOf(`dexidp/dex@${digest}`)).toMatchObject({ runAsUser: undefined, stepsDown: true });
  });

  it('knows of a digest what all variants share, and every path that one of them needs', () => {
    expect(knownOf(`redis@${digest}`)).toMatchObject({ runAsUser: 999, fsGroup: undefined, cannot: {} });
    expect(knownOf(`mariadb@${digest}`)).toMatchObject({
      runAsUser: 999,
      writablePaths: ['/run/mariadb', '/run/mysqld'],
    });
  });

  it('answers with the same object for the same image, under whichever policy', () => {
    expect(knownOf('nginx:1')).toBe(knownOf('docker.io/library/nginx:2'));
  });
});

describe('a mirror', () => {
  it.each([
    ['myregistry.local/mirror/nginx:1.27-alpine', 'docker.io/library/nginx'],
    ['myregistry.local/mirror/library/nginx', 'docker.io/library/nginx'],
    ['myregistry.local/mirror/docker.io/library/nginx', 'docker.io/library/nginx'],
    ['myregistry.local/mirror/docker.io/nginx', 'docker.io/library/nginx'],
    ['myregistry.local/mirror/grafana/grafana', 'docker.io/grafana/grafana'],
    ['myregistry.local/mirror/bitnami/nginx', 'docker.io/bitnami/nginx'],
    ['myregistry.local/mirror/quay.io/keycloak/keycloak:26', 'quay.io/keycloak/keycloak'],
    [`localhost:5000/postgres:17@${digest}`, 'docker.io/library/postgres'],
  ])('holds %s as a copy of %s', (image, repository) => {
    expect(knownOf(image, mirrored).image?.repository).toBe(repository);
  });

  it.each([
    'myregistry.local/nginx',
    'myregistry.local/mirrors/nginx',
    'myregistry.local/mirror',
    'myregistry.local/mirror/team/nginx',
    'myregistry.local/mirror/keycloak/keycloak:26',
    'other.local/mirror/nginx',
    'localhost:5001/nginx',
  ])('does not hold %s', (image) => {
    expect(knownOf(image, mirrored)).toEqual(nothingKnown);
  });

  it('is the innermost folder that is named', () => {
    const imageCatalogue = { mirrors: ['myregistry.local', 'myregistry.local/mirror'] };
    const repositories = ['myregistry.local/nginx', 'myregistry.local/mirror/nginx'].map(
      (image) => knownOf(image, { imageCatalogue }).image?.repository,
    );
    expect(repositories).toEqual(['docker.io/library/nginx', 'docker.io/library/nginx']);
  });

  it('keeps its own images apart where the policy names them', () => {
    const images = [{ match: 'myregistry.local/mirror/nginx', runAsUser: 7 }];
    expect(knownOf('myregistry.local/mirror/nginx', { ...mirrored, images }).runAsUser).toBe(7);
    expect(knownOf('nginx', { ...mirrored, images }).runAsUser).toBe(101);
  });
});

describe('the order', () => {
  it('is policy before catalogue, field by field', () => {
    const known = knownOf('redis:8-alpine', { images: [{ match: 'redis', writablePaths: ['/cache'] }] });
    expect(known).toMatchObject({
      runAsUser: 999,
      fsGroup: 1000,
      writablePaths: ['/cache'],
      dataPaths: ['/data'],
      stepsDown: true,
    });
    expect(known.sources).toMatchObject({
      runAsUser: 'redis/docker-library-redis@e5650da',
      writablePaths: 'images of policy default',
    });
  });

  it('lets a policy empty what is known', () => {
    const images = [{ match: 'cassandra', dataPaths: [], neverMount: [], cannot: [], stepsDown: false }];
    expect(knownOf('cassandra', { images })).toMatchObject({
      runAsUser: 999,
      dataPaths: [],
      neverMount: [],
      cannot: {},
      stepsDown: false,
    });
  });

  it('takes a user of the policy for the group too, and for the word that the image runs without root', () => {
    expect(knownOf('redis:8-alpine', { images: [{ match: 'redis', runAsUser: 7 }] })).toMatchObject({
      runAsUser: 7,
      fsGroup: undefined,
    });
    const vault = knownOf('hashicorp/vault', { images: [{ match: 'hashicorp/*', runAsUser: 100 }] });
    expect(Object.keys(vault.cannot)).toEqual(['readOnlyRootFilesystem']);
  });

  it('is annotation before policy and catalogue', () => {
    const annotations = { 'podtemper.io/run-as-user': '5', 'podtemper.io/writable-paths': '/own' };
    const specs = { default: { images: [{ match: 'nginx', runAsUser: 7 }] } };
    const known = planFor({ specs, metadata: { annotations } }).known({ name: 'web', image: 'nginx' });
    expect(known).toMatchObject({ runAsUser: 5, writablePaths: ['/var/cache/nginx', '/run', '/own'] });
    expect(known.sources).toMatchObject({
      runAsUser: 'podtemper.io/run-as-user',
      writablePaths: 'nginx/docker-nginx@0d7f438, podtemper.io/writable-paths',
    });
    const vault = planFor({ metadata: { annotations } }).known({ name: 'v', image: 'hashicorp/vault' });
    expect(Object.keys(vault.cannot)).toEqual(['readOnlyRootFilesystem']);
  });

  it('ends before the catalogue where a policy switches that off', () => {
    expect(knownOf('nginx', { imageCatalogue: { enabled: false } })).toEqual(nothingKnown);
  });
});

describe('the records', () => {
  const variants = imageRecords.flatMap(({ repositories: [name], variants: own }) =>
    own.map((variant) => [name, variant] as const),
  );

  it('name each repository in full, once', () => {
    const names = imageRecords.flatMap(({ repositories }) => repositories);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => parseImage(name).repository !== name)).toEqual([]);
  });

  it('say where they were read, down to the commit', () => {
    const sources = imageRecords.flatMap((record) => record.sources);
    const isExact = (source: string) => /^[\w.-]+\/[\w.-]+@[0-9a-f]{7}(:\S.*)?$/.test(source);
    expect(sources.filter((source) => !isExact(source))).toEqual([]);
  });

  it('know users and groups that a policy may set, and ports that need it', () => {
    const ids = variants.flatMap(([, { runAsUser, runAsGroup, fsGroup }]) => [
      runAsUser,
      runAsGroup,
      fsGroup,
    ]);
    const odd = ids.filter((id) => id !== undefined && !(Number.isInteger(id) && id > 0 && id < 2 ** 31));
    expect(odd).toEqual([]);
    const ports = variants.flatMap(([, { lowPorts = [] }]) => lowPorts);
    expect(ports.filter((port) => port < 1 || port > 1023)).toEqual([]);
  });

  it.each(variants)(
    'make only directories writable that can be, none of them image content: %s',
    (_, variant) => {
      const { writablePaths = [], dataPaths = [], neverMount = [] } = variant;
      const paths = [...writablePaths, ...dataPaths];
      expect(
        paths.map((path) => describeBadWritablePath(path)).filter((fault) => fault !== undefined),
      ).toEqual([]);
      expect(new Set(paths).size).toBe(paths.length);
      const clash = neverMount.filter((content) =>
        paths.some((path) => content.startsWith(`${path}/`) || `${path}/`.startsWith(`${content}/`)),
      );
      expect(clash).toEqual([]);
    },
  );

  it('leave out controls that there are, each with a reason', () => {
    const left = variants.flatMap(([, { cannot = {} }]) => Object.entries(cannot));
    expect(left.filter(([id]) => !controlIds.some((known) => known === id))).toEqual([]);
    expect(left.filter(([, reason]) => !reason.includes(' '))).toEqual([]);
  });

  it('have no variant that an earlier one hides', () => {
    const hidden = imageRecords.filter(({ variants: own }) =>
      own.slice(0, -1).some(({ tags, except, from }) => !tags && !except && !from),
    );
    expect(hidden.map(({ repositories }) => repositories[0])).toEqual([]);
  });
});
