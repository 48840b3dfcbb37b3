import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { Manifest, readProjectFile } from './manifests.js';

interface Instruction {
  name: string;
  text: string;
}

/** Instructions of a Dockerfile: comments gone, continued lines joined. */
function instructionsOf(dockerfile: string): Instruction[] {
  return dockerfile
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { name: name.toUpperCase(), text };
    });
}

const instructions = instructionsOf(readProjectFile('Dockerfile'));
const starts = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []));
const build = instructions.slice(starts[0], starts[1]);
const final = instructions.slice(starts[1]);

/** Text of the one instruction of that name. */
function the(stage: readonly Instruction[], name: string): string {
  const found = stage.filter((instruction) => instruction.name === name);
  if (found.length !== 1) throw new Error(`${name}: expected one, found ${found.length}`);
  return found[0]?.text ?? '';
}

describe('Dockerfile', () => {
  it('has two stages on one base, the slim image of an LTS release, which a digest can replace', () => {
    expect(starts).toHaveLength(2);
    expect(instructions[0]).toEqual({ name: 'ARG', text: 'NODE_IMAGE=node:24-bookworm-slim' });
    expect(the(build, 'FROM')).toBe('${NODE_IMAGE} AS build');
    expect(the(final, 'FROM')).toBe('${NODE_IMAGE}');
  });

  it('builds from the lock file', () => {
    const runs = build.filter(({ name }) => name === 'RUN').map(({ text }) => parse(text) as string[]);
    expect(runs).toEqual([
      ['npm', 'ci'],
      ['npm', 'run', 'sbom'],
    ]);
  });

  it('runs nothing in the last stage, and takes the bundle alone from the first', () => {
    expect(final.map(({ name }) => name)).not.toContain('RUN');
    expect(final.map(({ name }) => name)).not.toContain('ADD');
    expect(the(final, 'COPY')).toBe('--from=build /src/LICENSE /src/dist/ ./');
    expect(the(final, 'WORKDIR')).toBe('/app');
  });

  it('starts the program itself, without a shell', () => {
    expect(parse(the(final, 'ENTRYPOINT'))).toEqual(['node', '--max-semi-space-size=8', '/app/main.js']);
    expect(parse(the(final, 'CMD'))).toEqual(['serve']);
  });

  it('has no tag that moves with every release, and no address of a registry', () => {
    expect(readProjectFile('Dockerfile')).not.toMatch(/latest|docker\.io|ghcr\.io|quay\.io|https?:/);
  });

  it('says what it is', () => {
    const labels = the(final, 'LABEL');
    for (const key of ['title', 'description', 'licenses', 'version', 'revision']) {
      expect(labels).toMatch(new RegExp(`\\borg\\.opencontainers\\.image\\.${key}="[^"]+"`));
    }
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    expect(final).toContainEqual({ name: 'ARG', text: `VERSION=${version}` });
    expect(final).toContainEqual({ name: 'ENV', text: 'NODE_ENV=production' });
  });

  it('agrees with the chart on user and ports', () => {
    const pod = new Manifest('manifests/install.yaml').the('Deployment').spec?.template.spec;
    const { runAsUser, runAsGroup } = pod?.securityContext ?? {};
    const ports = pod?.containers[0]?.ports?.map(({ containerPort }) => containerPort);
    expect(the(final, 'USER')).toBe(`${runAsUser}:${runAsGroup}`);
    expect(the(final, 'EXPOSE')).toBe(ports?.join(' '));
  });
});

describe('.dockerignore', () => {
  const lines = readProjectFile('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('shuts out all but what is named', () => {
    expect(lines[0]).toBe('*');
    expect(lines.slice(1).every((line) => line.startsWith('!'))).toBe(true);
  });

  it('lets in what the Dockerfile copies and the build reads', () => {
    const copied = build
      .filter(({ name }) => name === 'COPY')
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    const wanted = [...copied.filter((path) => path !== '.'), 'LICENSE', 'src', 'scripts', 'tsconfig.json'];
    expect(lines).toEqual(expect.arrayContaining(wanted.map((path) => `!${path}`)));
  });
});
