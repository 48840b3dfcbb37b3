import { describe, expect, it } from '@jest/globals';
import { labelKeys, unknownNamespace } from '../../src/kubernetes.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { joinFacts, readNamespaceFiles } from '../../src/preview/namespaces.js';
import type { PreviewOptions } from '../../src/preview/preview.js';
import { policyDocument } from '../admission/plans.js';
import { previewOf } from './corpus.js';

const pod = (namespace: string, name = 'web') =>
  `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}${namespace && `, namespace: ${namespace}`}}\nspec: {containers: [{name: app, image: busybox}]}\n`;
const namespace = (name: string, labels: string) =>
  `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: {${labels}}}\n`;
/** Of a memory request of 64Mi it allows a limit of `ratio` times that. */
const limitRange = (owner: string, ratio: number) =>
  `---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: bounds${owner && `, namespace: ${owner}`}}\nspec: {limits: [{type: Container, maxLimitRequestRatio: {memory: ${ratio}}}]}\n`;
const quota = (owner: string) =>
  `---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: quota, namespace: ${owner}}\nspec: {hard: {limits.memory: 1Gi}, scopes: [BestEffort]}\n`;

/** What is said of the pods of a text. */
const reportsOf = (text: string, options: Partial<PreviewOptions> = {}) => {
  const { items, faults } = previewOf(text, options);
  expect(faults).toEqual([]);
  return items.flatMap(({ report, assumedNamespace }) => {
    if (report === undefined) return [];
    const { mode, policy, patch, notices, hardened } = report;
    return [{ mode, policy, patch, notices, hardened, assumedNamespace }];
  });
};
const memoryLimitsOf = (text: string, options: Partial<PreviewOptions> = {}) =>
  reportsOf(text, options).map(({ hardened }) => hardened.spec.containers[0]?.resources?.limits?.memory);

describe('a Namespace among the manifests', () => {
  it('says the mode of its pods, wherever it stands', () => {
    const text = pod('a') + namespace('a', `${labelKeys.mode}: warn`) + pod('b');
    expect(reportsOf(text).map(({ mode }) => mode)).toEqual(['warn', 'enforce']);
    expect(reportsOf(text).map(({ patch }) => patch.length > 0)).toEqual([false, true]);
  });

  it('says their policy', () => {
    const policies = compilePolicies([policyDocument('strict')]);
    const text = namespace('a', `${labelKeys.policy}: strict`) + pod('a') + pod('b');
    expect(reportsOf(text, { policies }).map(({ policy }) => policy)).toEqual(['strict', 'default']);
  });

  it('says whether they may opt out', () => {
    const text = `${namespace('a', `${labelKeys.optOut}: denied`)}${pod('a').replace('name: web', 'name: web, annotations: {podtemper.io/opt-out: all}')}`;
    expect(reportsOf(text)[0]?.patch.length).toBeGreaterThan(0);
  });

  it('without the label is taken to be in the mode that is asked for, and named as such', () => {
    const text = namespace('a', 'team: shop') + pod('a');
    expect(reportsOf(text)).toMatchObject([{ mode: 'enforce', assumedNamespace: 'a' }]);
    expect(reportsOf(text, { mode: 'audit' })).toMatchObject([{ mode: 'audit', assumedNamespace: 'a' }]);
  });

  it('with the label is not', () => {
    const text = namespace('a', `${labelKeys.mode}: enforce`) + pod('a');
    expect(reportsOf(text)).toMatchObject([{ mode: 'enforce', assumedNamespace: undefined }]);
  });

  it('is overruled by a choice for this preview', () => {
    const text = namespace('a', `${labelKeys.mode}: warn`) + pod('a');
    expect(reportsOf(text, { chosen: { mode: 'enforce' } })).toMatchObject([
      { mode: 'enforce', assumedNamespace: undefined },
    ]);
  });

  it('has no label by a choice for this preview', () => {
    expect(reportsOf(pod('a'), { chosen: { mode: 'warn' } })).toMatchObject([
      { mode: 'warn', assumedNamespace: 'a' },
    ]);
  });

  it('with a mode that there is not is named, and changes nothing', () => {
    const [report] = reportsOf(namespace('a', `${labelKeys.mode}: enforced`) + pod('a'));
    expect(report?.patch).toEqual([]);
    expect(report?.notices.map(({ text }) => text)).toEqual([
      'podtemper.io/mode: no mode "enforced", taken as audit; did you mean "enforce"?',
    ]);
  });
});

describe('a namespace of the cluster itself', () => {
  const policies = compilePolicies([
    policyDocument('default', { controls: { hostNamespaces: { mode: 'deny' } } }),
  ]);
  const shown = (name: string) => {
    const host = pod(name).replace('spec: {', 'spec: {hostNetwork: true, ');
    return previewOf(namespace(name, `${labelKeys.mode}: enforce`) + host, { policies });
  };
  const modeOfDenial = (name: string) =>
    shown(name).items.flatMap(({ report }) =>
      (report?.findings ?? []).flatMap(({ control, mode }) => (control === 'hostNamespaces' ? [mode] : [])),
    );

  it.each(['kube-system', 'kube-public', 'kube-node-lease'])(
    'refuses nothing, as the webhook: %s',
    (name) => {
      expect(modeOfDenial(name)).toEqual(['warn']);
      expect(modeOfDenial('shop')).toEqual(['deny']);
    },
  );

  it('is told apart, and its pods are shown hardened all the same', () => {
    const [, web] = shown('kube-system').items;
    expect(web?.systemNamespace).toBe('kube-system');
    expect(web?.patch).not.toEqual([]);
    expect(shown('shop').items[1]?.systemNamespace).toBeUndefined();
  });

  it('may be that of objects that name none', () => {
    const { items } = previewOf(pod(''), { namespace: 'kube-system' });
    expect(items[0]?.systemNamespace).toBe('kube-system');
  });
});

describe('a LimitRange or ResourceQuota among the manifests', () => {
  it('bounds what the pods of its namespace get', () => {
    const text = pod('a') + limitRange('a', 4) + pod('b');
    expect(memoryLimitsOf(text)).toEqual(['256Mi', '1Gi']);
  });

  it('that names no namespace is for those that name none', () => {
    const text = limitRange('', 4) + pod('') + pod('default') + pod('b');
    expect(memoryLimitsOf(text)).toEqual(['256Mi', '256Mi', '1Gi']);
    expect(memoryLimitsOf(text, { namespace: 'b' })).toEqual(['256Mi', '1Gi', '256Mi']);
  });

  it('of scope BestEffort keeps resources from being set', () => {
    expect(memoryLimitsOf(quota('a') + pod('a'))).toEqual([undefined]);
  });

  it.each([
    ['max: {memory: [1]}', 'spec.limits[0].max.memory: expected a quantity, found a list'],
    ['max: 3', 'spec.limits[0].max: expected a mapping, found 3'],
  ])('with %s is an error', (limit, message) => {
    const text = `apiVersion: v1\nkind: LimitRange\nspec:\n  limits: [{type: Container, ${limit}}]\n${pod('')}`;
    const { items, faults } = previewOf(text);
    expect(items).toHaveLength(2);
    expect(faults.map((fault) => fault.message.replace(/^a\.yaml:4:\d+: /, ''))).toEqual([message]);
  });

  it.each(['max: ~', 'max: {memory: }, min: {cpu: null}', 'type: ~'])(
    'may leave fields empty: %s',
    (limit) => {
      const text = `apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\nspec: {limits: [{${limit}}]}\n${pod('')}`;
      expect(memoryLimitsOf(text)).toEqual(['1Gi']);
    },
  );

  it.each(['spec:', 'spec: {}', 'spec: {limits: ~, hard: ~, scopes: ~, scopeSelector: ~}', ''])(
    'may be empty: %s',
    (spec) => {
      const text = ['LimitRange', 'ResourceQuota'].map(
        (kind) => `---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: a}\n${spec}\n`,
      );
      expect(memoryLimitsOf(text.join('') + pod(''))).toEqual(['1Gi']);
    },
  );
});

describe('what is known from elsewhere', () => {
  const known = {
    ...unknownNamespace('a'),
    labels: { [labelKeys.mode]: 'audit', team: 'shop' },
    limitRanges: [
      {
        metadata: { name: 'bounds' },
        spec: { limits: [{ type: 'Container', maxLimitRequestRatio: { memory: '2' } }] },
      },
    ],
  };
  const facts = (name: string) => (name === 'a' ? known : undefined);

  it('counts', () => {
    expect(reportsOf(pod('a') + pod('b'), { facts }).map(({ mode }) => mode)).toEqual(['audit', 'enforce']);
  });

  it('is joined with what the manifests say, which wins', () => {
    const text = namespace('a', `${labelKeys.mode}: enforce`) + limitRange('a', 4) + pod('a');
    expect(memoryLimitsOf(text, { facts })).toEqual(['256Mi']);
  });

  it('keeps what only it has', () => {
    const further = { ...unknownNamespace('a'), labels: { tier: 'web' } };
    expect(joinFacts(known, further)).toEqual({ ...known, labels: { ...known.labels, tier: 'web' } });
  });
});

describe('a namespace file', () => {
  const read = (...texts: string[]) =>
    readNamespaceFiles(texts.map((text, index) => ({ file: `${index}.yaml`, text })));

  it('is about one namespace, even where only the Namespace names it', () => {
    const { facts, only } = read(namespace('a', `${labelKeys.mode}: warn`), limitRange('', 4));
    expect(only).toBe('a');
    expect(facts.get('a')).toMatchObject({
      labels: { [labelKeys.mode]: 'warn' },
      limitRanges: [{ metadata: { name: 'bounds' } }],
    });
  });

  it('may be about several', () => {
    const { facts, only } = read(namespace('a', '') + namespace('b', '') + limitRange('', 4));
    expect(only).toBeUndefined();
    expect([...facts.keys()]).toEqual(['a', 'b', 'default']);
  });

  it.each([
    ['that is chosen', '', ['shop']],
    ['of the only Namespace in it, whichever is chosen', namespace('a', ''), ['a']],
    ['that is chosen, among several', namespace('a', '') + namespace('b', ''), ['a', 'b', 'shop']],
  ])('holds objects that name no namespace of the one %s', (_which, others, names) => {
    const { facts } = readNamespaceFiles([{ file: '0.yaml', text: others + limitRange('', 4) }], 'shop');
    expect([...facts.keys()]).toEqual(names);
    expect(facts.get(names.at(-1) ?? '')?.limitRanges).toHaveLength(1);
  });

  it('may hold other things, which say nothing', () => {
    const { facts, faults } = read(`${pod('a')}---\napiVersion: v2\nkind: LimitRange\n`);
    expect([...facts.keys()]).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('that cannot be read is an error', () => {
    const { faults } = read('a: [\n', namespace('a', 'b: 1'));
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^0\.yaml:2:1: manifest: expected YAML/),
      '1.yaml:4:33: metadata.labels.b: expected a string, found 1; write it in quotes: "1"',
    ]);
  });
});
