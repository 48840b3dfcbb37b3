import { describe, expect, it } from '@jest/globals';
import { imagesCommand } from '../../src/commands/images.js';
import { imageRecords } from '../../src/images/index.js';

/** What `podtemper images` prints. */
async function images(...words: string[]): Promise<string> {
  let printed = '';
  const stdout = { write: (text: string) => (printed += text) };
  await imagesCommand(stdout).exitOverride().parseAsync(words, { from: 'user' });
  return printed;
}

describe('podtemper images', () => {
  it('lists every repository and variant', async () => {
    const lines = (await images()).trimEnd().split('\n');
    const rows = imageRecords.map(({ repositories, variants }) => repositories.length * variants.length);
    expect(lines).toHaveLength(rows.reduce((sum, count) => sum + count, 0));
    expect(lines).toEqual(lines.toSorted());
    expect(lines).toContainEqual(
      expect.stringMatching(/^docker\.io\/library\/nginx +uid 101, gid 101, port 80,/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^docker\.io\/library\/postgres:\*alpine\* from 14 +uid 70,/),
    );
  });

  it('tells what is known of one, for the tag that is asked for', async () => {
    expect(await images('postgres:17-alpine')).toBe(
      [
        'docker.io/library/postgres',
        '  user      uid 70',
        '  group     70',
        '  volumes   fsGroup 70',
        '  writes    /var/run/postgresql',
        '  data      /var/lib/postgresql',
        '  as root   changes owners and steps down, so it keeps its capabilities',
        '  advice    Up to version 17, a volume of your own at /var/lib/postgresql/data needs',
        '            PGDATA=/var/lib/postgresql/data/pgdata.',
        '  source    docker-library/postgres@6edb0a8',
        '',
      ].join('\n'),
    );
    expect(await images('hashicorp/vault')).toContain(
      '  without   runAsNonRoot: its entrypoint calls setcap, which needs root\n',
    );
  });

  it('gives both as JSON', async () => {
    expect(JSON.parse(await images('-o', 'json'))).toEqual(JSON.parse(JSON.stringify(imageRecords)));
    expect(JSON.parse(await images('nginx', '-o', 'json'))).toMatchObject({
      repository: 'docker.io/library/nginx',
      facts: { runAsUser: 101 },
      sources: ['nginx/docker-nginx@0d7f438', 'nginx/pkg-oss@e672763'],
    });
  });

  it.each([
    [
      'ngnx',
      'expected a known image, found "docker.io/library/ngnx"; did you mean "docker.io/library/nginx"?',
    ],
    ['example.com/my/own/application', 'podtemper images lists them'],
    ['haproxy:2.2', 'expected a tag of docker.io/library/haproxy of which something is known, found "2.2"'],
    [`influxdb@sha256:${'0'.repeat(64)}`, 'of which something is known, found a digest alone'],
  ])('says what it does not know of %s', async (name, complaint) => {
    await expect(images(name)).rejects.toThrow(complaint);
  });
});
