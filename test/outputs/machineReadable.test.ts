import { describe, expect, it } from '@jest/globals';
import { renderJson } from '../../src/outputs/json.js';
import { renderPatch } from '../../src/outputs/patch.js';
import { previewOf, textOf } from '../preview/corpus.js';

interface Decision {
  readonly target: string;
  readonly control: string;
  readonly verdict: string;
  readonly reason?: string;
  readonly sentence: string;
  readonly set?: object;
  readonly mayBreak?: string;
  readonly optOut?: string;
}
interface Item {
  readonly [key: string]: unknown;
  readonly patch: { readonly op: string; readonly path: string }[];
  readonly decisions: Decision[];
}
const read = (text: string) =>
  JSON.parse(renderJson(previewOf(text))) as {
    items: Item[];
    faults: Record<string, unknown>[];
    warnings: Record<string, unknown>[];
  };

describe('-o json', () => {
  const { items, faults } = read(textOf('deployment.yaml'));
  const [item] = items;

  it('tells what each object is and which plan it was hardened by', () => {
    expect(faults).toEqual([]);
    expect(item).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'web',
      namespace: 'shop',
      policy: 'default',
      mode: 'enforce',
      assumedNamespace: 'shop',
      notices: [],
    });
    expect(item?.changed).toContain('runAsNonRoot');
  });

  it('has a decision for each control and container, with its reason in words', () => {
    const decisions = item?.decisions ?? [];
    expect(decisions).toContainEqual(
      expect.objectContaining({
        target: 'containers/metrics',
        control: 'readOnlyRootFilesystem',
        verdict: 'skip',
        reason: expect.stringMatching(/\w/),
        sentence: expect.stringMatching(/explicitly false/),
      }),
    );
    expect(decisions).toContainEqual(
      expect.objectContaining({
        target: 'containers/metrics',
        control: 'allowPrivilegeEscalation',
        verdict: 'keep',
      }),
    );
    const targets = new Set(decisions.map(({ target }) => target));
    expect([...targets].toSorted()).toEqual([
      'containers/metrics',
      'containers/nginx',
      'initContainers/fetch',
      'pod',
    ]);
    expect(decisions.filter(({ sentence }) => sentence === '')).toEqual([]);
  });

  it('tells of each change what it sets, what that may break and how to opt out', () => {
    expect(item?.decisions).toContainEqual(
      expect.objectContaining({
        target: 'containers/nginx',
        control: 'runAsNonRoot',
        verdict: 'change',
        set: { securityContext: { runAsNonRoot: true, runAsUser: 101 } },
        notes: [expect.stringMatching(/known to fit \(nginx\/docker-nginx@0d7f438\)$/)],
        mayBreak: expect.stringMatching(/root/),
        optOut: 'podtemper.io/opt-out: runAsNonRoot',
      }),
    );
  });

  it('tells the Pod Security level before and after, and what is left to whom', () => {
    const text = 'apiVersion: v1\nkind: Pod\nspec: {hostPID: true, containers: [{name: app}]}\n';
    expect(read(text).items[0]?.podSecurity).toEqual({
      version: 'v1.37',
      before: 'privileged',
      after: 'privileged',
      remaining: [
        {
          check: 'hostNamespaces',
          level: 'baseline',
          target: 'pod',
          field: 'hostPID',
          found: true,
          who: 'author',
          change: 'leave hostPID out',
        },
      ],
    });
  });

  it('tells what is known of an image, and where that was read', () => {
    expect(item?.knownImages).toContainEqual({
      target: 'containers/nginx',
      repository: 'docker.io/library/nginx',
      runAsUser: 101,
      runAsGroup: 101,
      lowPorts: [80],
      writablePaths: ['/var/cache/nginx', '/run'],
      advice: expect.any(String),
      sources: ['nginx/docker-nginx@0d7f438', 'nginx/pkg-oss@e672763'],
    });
  });

  it('says why an object passes through', () => {
    expect(read('apiVersion: v1\nkind: Service\n').items).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Service',
        name: '',
        namespace: '',
        changed: [],
        patch: [],
        hardened: { apiVersion: 'v1', kind: 'Service' },
        decisions: [],
        advice: [],
        notices: [],
        knownImages: [],
        note: 'there is no pod template in it',
      },
    ]);
  });

  it('tells what could not be read, and where', () => {
    expect(read('apiVersion: v1\nkind: Pod\nspec: 1\n')).toEqual({
      items: [],
      faults: [
        {
          file: 'a.yaml',
          line: 3,
          column: 7,
          where: 'spec',
          expected: 'a mapping',
          found: '1',
          message: 'a.yaml:3:7: spec: expected a mapping, found 1',
        },
      ],
      warnings: [],
    });
  });

  it('warns of a key that is there twice', () => {
    expect(read('apiVersion: v1\nkind: Service\nkind: Service\n').warnings).toMatchObject([
      { line: 3, column: 1, found: '"kind" again' },
    ]);
  });
});

describe('-o patch', () => {
  const patchOf = (text: string) => JSON.parse(renderPatch(previewOf(text))) as unknown;

  it('is the bare JSON Patch of the one object that is hardened', () => {
    const text = textOf('deployment.yaml');
    expect(patchOf(text)).toEqual(read(text).items[0]?.patch);
    expect(patchOf(`apiVersion: v1\nkind: Service\n---\n${text}`)).toEqual(patchOf(text));
  });

  it('adds, and does nothing else', () => {
    const operations = patchOf(textOf('sidecars.yaml')) as { op: string }[];
    expect(new Set(operations.map(({ op }) => op))).toEqual(new Set(['add']));
  });

  it('is empty where there is nothing to change', () => {
    expect(patchOf(textOf('hardened.yaml'))).toEqual([]);
    expect(patchOf('apiVersion: v1\nkind: Service\n')).toEqual([]);
  });

  it('of several objects says whose each is', () => {
    const patches = patchOf(textOf('multi.yaml')) as { kind: string; name: string; patch: object[] }[];
    expect(patches.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'ReplicaSet rs',
      'ReplicationController rc',
      'PodTemplate template',
      'Job job',
    ]);
    expect(patches.map(({ patch }) => patch.length > 0)).toEqual([false, true, true, true]);
  });
});
