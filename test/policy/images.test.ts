import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseImage } from '../../src/policy/imageReference.js';
import { ImageCatalogue, nothingKnown } from '../../src/policy/images.js';
import { compileWildcards } from '../../src/policy/wildcards.js';
import { parseSpec } from './documents.js';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseImage', () => {
  // As docker/distribution's reference package spells familiar names in full.
  it.each([
    ['nginx', 'docker.io/library/nginx', 'latest'],
    ['nginx:1.25', 'docker.io/library/nginx', '1.25'],
    [`nginx@${digest}`, 'docker.io/library/nginx', undefined],
    [`docker.io/library/nginx:1.25@${digest}`, 'docker.io/library/nginx', '1.25'],
    ['docker.io/nginx', 'docker.io/library/nginx', 'latest'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx', 'latest'],
    ['library/nginx', 'docker.io/library/nginx', 'latest'],
    ['grafana/grafana:12', 'docker.io/grafana/grafana', '12'],
    ['quay.io/keycloak/keycloak:26', 'quay.io/keycloak/keycloak', '26'],
    ['registry.example.com:5000/team/app', 'registry.example.com:5000/team/app', 'latest'],
    ['registry.example.com:5000/team/app:1', 'registry.example.com:5000/team/app', '1'],
    [`localhost:5000/app@${digest}`, 'localhost:5000/app', undefined],
    ['localhost/app', 'localhost/app', 'latest'],
    ['registry:5000/app', 'registry:5000/app', 'latest'],
    ['team/deep/app', 'docker.io/team/deep/app', 'latest'],
    ['nginx:', 'docker.io/library/nginx', ''],
    ['', 'docker.io/library/', 'latest'],
  ])('spells %j in full', (image, repository, tag) => {
    expect(parseImage(image)).toEqual({ repository, tag });
  });
});

/** A catalogue of a policy's entries alone. */
function catalogueOf(...images: unknown[]): ImageCatalogue {
  return new ImageCatalogue(parseSpec({ images, imageCatalogue: { enabled: false } }));
}

/** The user ID that a catalogue of patterns, each with its index plus one, knows for an image. */
function userOf(image: string, ...entries: { match: string; tags?: string[] }[]): number | undefined {
  const images = entries.map(({ match, tags }, index) => ({ match, tags, runAsUser: index + 1 }));
  return catalogueOf(...images).of(image).runAsUser;
}

describe('a pattern', () => {
  it.each([
    ['nginx', 'nginx:1.25', true],
    ['nginx', `docker.io/library/nginx:1.25@${digest}`, true],
    ['docker.io/library/nginx', 'nginx', true],
    ['docker.io/nginx', 'library/nginx', true],
    ['nginx', 'example.com/nginx', false],
    ['nginx', 'team/nginx', false],
    ['nginx', 'nginx-unprivileged', false],
    ['grafana/grafana', 'docker.io/grafana/grafana', true],
    ['registry.example.com:5000/app', 'registry.example.com:5000/app:2', true],
    ['registry.example.com:5000/app', 'registry.example.com:5001/app:2', false],
    // A dot is a dot.
    ['registry.example.com/app', 'registryxexample.com/app', false],
    ['a+b.c(d)', 'docker.io/library/a+b.c(d)', true],
    // One star stays within a part of the path, two cross slashes.
    ['example.com/*', 'example.com/app', true],
    ['example.com/*', 'example.com/team/app', false],
    ['example.com/*/app', 'example.com/team/app', true],
    ['example.com/*/app', 'example.com/a/b/app', false],
    ['example.com/**', 'example.com/a/b/app', true],
    ['**/app', 'example.com/a/app', true],
    ['**/app', 'app', true],
    ['**/app', 'example.com/myapp', false],
    ['*/app', 'localhost/app', true],
    ['*/app', 'example.com/team/app', false],
    ['**', 'anything:1', true],
    ['example.com/app-*', 'example.com/app-web:1', true],
    ['example.com/app-*', 'example.com/app-', true],
    ['EXAMPLE.com/app', 'example.com/app', false],
    // A pattern is spelt in full, as a reference is, unless a star may stand for the host.
    ['nginx*', 'nginx-unprivileged', true],
    ['nginx*', 'team/nginx', false],
    ['*', 'redis', true],
    ['*', 'team/redis', false],
    ['team/*', 'team/app', true],
    ['team/*', 'docker.io/team/app', true],
    ['team/*', 'example.com/team/app', false],
    ['docker.io/*', 'redis', true],
    ['docker.io/**', 'team/app', true],
    ['docker.io/**', 'example.com/team/app', false],
    ['index.docker.io/*/app', 'team/app', true],
    ['*.example.com/app', 'eu.example.com/app', true],
    ['**nginx**', 'bitnami/nginx-exporter', true],
  ])('%s for %s: %s', (match, image, expected) => {
    expect(userOf(image, { match }) === 1).toBe(expected);
  });

  it.each([
    [['1.*'], 'nginx:1.25', true],
    [['1.*'], 'nginx:2.0', false],
    [['1.*'], 'nginx', false],
    [['latest'], 'nginx', true],
    [['*alpine*'], 'nginx:1.27-alpine3.20', true],
    [['*alpine*', '1.0'], 'nginx:1.0', true],
    [['*'], `nginx@${digest}`, true],
    [['1.25'], `nginx:1.25@${digest}`, true],
    [['1.2'], 'nginx:1x2', false],
    [['1.2'], 'nginx:1.25', false],
    [[], 'nginx:1.25', false],
  ])('with tags %j for %s: %s', (tags, image, expected) => {
    expect(userOf(image, { match: 'nginx', tags }) === 1).toBe(expected);
  });

  // A regular expression would take longer than a person lives: jest would never come to the next test.
  it.each([
    [`example.com/${'*a'.repeat(25)}b`, `example.com/${'a'.repeat(900)}`],
    [`${'**a'.repeat(25)}b`, `example.com/${'a/'.repeat(450)}a`],
    [`**${'*a**'.repeat(25)}b`, `example.com/${'a'.repeat(900)}`],
  ])('is decided on however many stars it has: %s', (match, image) => {
    expect(userOf(image, { match })).toBeUndefined();
    expect(userOf(`${image}b`, { match })).toBe(1);
  });

  it('fits what a regular expression with the same meaning fits', () => {
    const part = fc.constantFrom('a', 'b', '/', '*', '**');
    const patterns = fc.array(part, { maxLength: 8 }).map((parts) => `docker.io/${parts.join('')}`);
    const names = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
    const property = fc.property(patterns, names, (pattern, name) => {
      const text = `docker.io/${name}`;
      expect(compileWildcards(pattern)(text)).toBe(expressionOf(pattern).test(text));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

/** What a pattern means, told by a regular expression. */
function expressionOf(pattern: string): RegExp {
  const stars = (run: string) => (run.length > 1 ? '.*' : '[^/]*');
  return new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll(/\*+/g, stars)}$`);
}

describe('a catalogue', () => {
  it('does not look up what is too long for a reference', () => {
    expect(userOf(`example.com/${'a'.repeat(1012)}`, { match: '**' })).toBe(1);
    expect(userOf(`example.com/${'a'.repeat(1013)}`, { match: '**' })).toBeUndefined();
  });

  it('counts the first entry that matches', () => {
    const entries = [{ match: 'nginx', tags: ['*alpine*'] }, { match: 'nginx' }, { match: '**' }];
    expect(userOf('nginx:1-alpine', ...entries)).toBe(1);
    expect(userOf('nginx:1', ...entries)).toBe(2);
    expect(userOf('redis', ...entries)).toBe(3);
  });

  it('knows nothing of other images, nor of a container without one', () => {
    const catalogue = catalogueOf({ match: 'nginx', runAsUser: 101 });
    expect(catalogue.of('redis')).toEqual(nothingKnown);
    expect(catalogue.of(undefined)).toEqual(nothingKnown);
    expect(catalogueOf().of('nginx')).toEqual(nothingKnown);
  });

  it('goes on answering after more images than it remembers', () => {
    const catalogue = catalogueOf({ match: 'team/*', runAsUser: 7 });
    for (let number = 0; number < 5000; number++) catalogue.of(`other/${number}`);
    expect(catalogue.of('team/app').runAsUser).toBe(7);
  });
});
