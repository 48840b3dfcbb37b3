import { describe, expect, it } from '@jest/globals';
import type { PreviewItem } from '../../src/preview/preview.js';
import { previewOf } from './corpus.js';

const spec = '{containers: [{name: app, image: busybox}]}';

const itemsOf = (text: string) => previewOf(text).items;
/** Where hardening writes, from the object's root. */
const prefixOf = ({ patch, templatePointer }: PreviewItem) =>
  patch.every(({ path }) => path.startsWith(`${templatePointer}/`)) ? templatePointer : patch;

describe('the pod template', () => {
  it.each([
    ['v1', 'Pod', `spec: ${spec}`, ''],
    ['v1', 'PodTemplate', `template: {spec: ${spec}}`, '/template'],
    ['v1', 'ReplicationController', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
    ['apps/v1', 'Deployment', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
    ['apps/v1', 'ReplicaSet', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
    ['apps/v1', 'StatefulSet', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
    ['apps/v1', 'DaemonSet', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
    ['batch/v1', 'Job', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
    [
      'batch/v1',
      'CronJob',
      `spec: {jobTemplate: {spec: {template: {spec: ${spec}}}}}`,
      '/spec/jobTemplate/spec/template',
    ],
    ['apps/v1beta2', 'Deployment', `spec: {template: {spec: ${spec}}}`, '/spec/template'],
  ])('of %s %s is hardened where it stands', (apiVersion, kind, rest, expected) => {
    const items = itemsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n${rest}\n`);
    expect(items.map(({ kind: found, note }) => ({ kind: found, note }))).toEqual([
      { kind, note: undefined },
    ]);
    expect(items.map(prefixOf)).toEqual([expected]);
    expect(items[0]?.patch.length).toBeGreaterThan(3);
  });

  it.each(['/secret/0', 'a~b'])('is found under odd names such as %s', (name) => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: "${name}"}, spec: ${spec}}\n`;
    expect(itemsOf(list)).toMatchObject([{ kind: 'Pod', name, pointer: '/items/0' }]);
  });
});

describe('what has no pod template', () => {
  it('passes through with a note, if it is a kind of Kubernetes itself', () => {
    const [item] = itemsOf('apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n');
    expect(item).toMatchObject({ patch: [], report: undefined, note: 'there is no pod template in it' });
    expect(item?.hardened).toEqual(item?.object);
  });

  it('passes through with a note, if nobody knows whether pods come of it', () => {
    const [item] = itemsOf(
      `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {template: {spec: ${spec}}}\n`,
    );
    expect(item).toMatchObject({ patch: [], report: undefined });
    expect(item?.note).toMatch(/^not a kind that the preview knows; pods that come of it are hardened/);
  });

  it.each(['apps/v1', 'example.com/v1'])(
    'is not taken for a Pod because it is called so in %s',
    (apiVersion) => {
      expect(itemsOf(`apiVersion: ${apiVersion}\nkind: Pod\nspec: ${spec}\n`)).toMatchObject([{ patch: [] }]);
    },
  );
});

describe('a list', () => {
  it('is taken apart, with lists inside of it', () => {
    const inner = `{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: inner}, spec: ${spec}}]}`;
    const items = itemsOf(`apiVersion: v1\nkind: List\nitems: [${inner}]\n`);
    expect(items).toMatchObject([{ name: 'inner', pointer: '/items/0/items/0' }]);
  });

  it('of one kind gives it to its members, which need not say it', () => {
    const items = itemsOf(`apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}, spec: ${spec}}]\n`);
    expect(items).toMatchObject([{ apiVersion: 'v1', kind: 'Pod', name: 'a' }]);
    expect(items[0]?.patch.length).toBeGreaterThan(3);
  });

  it('may be empty', () => {
    expect(
      itemsOf('apiVersion: v1\nkind: List\nitems: []\n---\napiVersion: v1\nkind: Service\n'),
    ).toHaveLength(1);
  });
});

describe('an AdmissionReview', () => {
  const review = (request: string) =>
    `apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: ${request}\n`;
  const pod = `{apiVersion: v1, kind: Pod, metadata: {generateName: web-}, spec: ${spec}}`;

  it('stands for its object, in its namespace', () => {
    const items = itemsOf(review(`{uid: a, operation: CREATE, namespace: shop, object: ${pod}}`));
    expect(items).toMatchObject([
      { kind: 'Pod', name: 'web-?', namespace: 'shop', pointer: '/request/object', templatePointer: '' },
    ]);
    expect(items[0]?.patch.length).toBeGreaterThan(3);
  });

  it.each(['operation: UPDATE', 'operation: CREATE, subResource: ephemeralcontainers'])(
    'of %s is left alone',
    (what) => {
      expect(itemsOf(review(`{uid: a, ${what}, object: ${pod}}`))).toMatchObject([
        { kind: 'Pod', patch: [], note: 'only the creation of a pod is hardened, not what comes after it' },
      ]);
    },
  );

  it.each(['{uid: a, operation: DELETE, object: null}', '{}', '~'])(
    'of %s holds nothing to harden',
    (request) => {
      expect(itemsOf(review(request))).toMatchObject([
        { kind: 'AdmissionReview', patch: [], note: 'it holds no object to be created' },
      ]);
    },
  );
});

describe('several documents', () => {
  it('are shown in their order, whatever stands between them', () => {
    const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
    const text = `# first\n---\n${pod('a')}---\n---\n# none\n---\n${pod('b')}...\n---\n${pod('c')}`;
    expect(itemsOf(text).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('may be JSON objects in a row, as kubectl takes them', () => {
    const pod = (name: string) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name }] } });
    expect(itemsOf(`${pod('a')}\n\t${pod('b')}${pod('c')}\n`).map(({ name }) => name)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('are shown even if one of them cannot be read', () => {
    const text = `apiVersion: v1\nkind: Pod\nspec: {containers: [{name: [1]}]}\n---\napiVersion: v1\nkind: Pod\nspec: ${spec}\n`;
    const { items, faults } = previewOf(text);
    expect(items).toHaveLength(1);
    expect(faults.map(({ message }) => message)).toEqual([
      'a.yaml:3:28: spec.containers[0].name: expected a string, found a list',
    ]);
  });
});
