import { describe, expect, it } from '@jest/globals';
import { renderText } from '../../src/outputs/text.js';
import { parsePolicies } from '../../src/policy/load.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { preview } from '../../src/preview/preview.js';
import { defaultOptions } from './corpus.js';

const deploymentOf = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: '${image}' }] }
`;

const policies = compilePolicies(
  parsePolicies(
    `apiVersion: podtemper.io/v1alpha1
kind: HardeningPolicy
metadata: { name: default }
spec: { imageCatalogue: { mirrors: [myregistry.local/mirror] } }
`,
    'policy.yaml',
  ),
);

interface Expectation {
  readonly image: string;
  readonly knownAs: string;
  readonly user: number;
  readonly paths: readonly string[];
  readonly added: readonly string[] | undefined;
  readonly source: string;
}

const nginx = {
  knownAs: 'docker.io/library/nginx (uid 101, gid 101, port 80, writes /var/cache/nginx, /run;',
  user: 101,
  paths: ['/tmp', '/var/cache/nginx', '/run'],
  added: ['NET_BIND_SERVICE'],
  source: 'nginx/docker-nginx@0d7f438',
};

const expectations: readonly Expectation[] = [
  { image: 'nginx', ...nginx },
  { image: 'myregistry.local/mirror/nginx:1.27-alpine', ...nginx },
  {
    image: 'postgres:17',
    knownAs: 'docker.io/library/postgres (uid 999, gid 999, writes /var/run/postgresql, /var/lib/postgresql;',
    user: 999,
    paths: ['/tmp', '/var/run/postgresql', '/var/lib/postgresql'],
    added: undefined,
    source: 'docker-library/postgres@6edb0a8',
  },
  {
    image: 'redis',
    knownAs: 'docker.io/library/redis (uid 999, gid 999, writes /data;',
    user: 999,
    paths: ['/tmp', '/data'],
    added: undefined,
    source: 'redis/docker-library-redis@e5650da',
  },
  {
    image: 'coredns/coredns',
    knownAs: 'docker.io/coredns/coredns (uid 65532, gid 65532, port 53, NET_BIND_SERVICE;',
    user: 65532,
    paths: ['/tmp'],
    added: ['NET_BIND_SERVICE'],
    source: 'coredns/coredns@4b26cce:Dockerfile',
  },
  {
    image: 'grafana/grafana',
    knownAs: 'docker.io/grafana/grafana (uid 472, writes /var/log/grafana, /var/lib/grafana;',
    user: 472,
    paths: ['/tmp', '/var/log/grafana', '/var/lib/grafana'],
    added: undefined,
    source: 'grafana/grafana@78515af',
  },
];

describe.each(expectations)(
  'a bare Deployment of $image',
  ({ image, knownAs, user, paths, added, source }) => {
    const shown = preview(deploymentOf(image), 'web.yaml', { ...defaultOptions, policies });
    const [item] = shown.items;
    const [container] = item?.report?.hardened.spec.containers ?? [];
    // Wide enough that nothing is broken over two lines.
    const lines = renderText(shown, { width: 1000 }).split('\n');

    it('gets the user, the writable directories and the capability of its image', () => {
      expect(container?.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: user,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container?.securityContext?.capabilities?.add).toEqual(added);
      expect(container?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(paths);
    });

    it('keeps image, command and environment', () => {
      expect(container).toMatchObject({ name: 'app', image });
      expect(Object.keys(container ?? {}).toSorted()).toEqual(
        ['image', 'name', 'resources', 'securityContext', 'volumeMounts'].toSorted(),
      );
    });

    it('is told by which known image, and each line of it by its source', () => {
      expect(lines.filter((line) => line.includes(`known image: ${knownAs}`))).toHaveLength(1);
      const noteBelow = (text: string) => lines[lines.findIndex((line) => line.includes(text)) + 1];
      expect(noteBelow(`runAsUser: ${user}`)).toMatch(endOf(source));
      if (paths.length > 1) expect(noteBelow('volumeMounts: [')).toMatch(endOf(source));
      if (added !== undefined) {
        expect(noteBelow('add: [NET_BIND_SERVICE]')).toMatch(endOf(source));
        expect(noteBelow('sysctls: [')).toMatch(endOf(source));
      }
    });
  },
);

/** Ends with the source in brackets. */
function endOf(source: string): RegExp {
  return new RegExp(`\\(${source.replaceAll(/[./]/g, String.raw`\$&`)}\\)$`);
}

describe('an image that nobody knows', () => {
  it('is not spoken of', () => {
    const shown = preview(deploymentOf('example.com/nginx'), 'web.yaml', { ...defaultOptions, policies });
    expect(renderText(shown)).not.toContain('known image');
    expect(shown.items[0]?.knownImages.size).toBe(0);
  });
});

describe('a privileged container', () => {
  it('is not told what its image needs, since nothing comes of it', () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: nginx, securityContext: {privileged: true}}]}\n`;
    expect(renderText(preview(text, 'a.yaml', defaultOptions))).not.toContain('known image');
  });
});
