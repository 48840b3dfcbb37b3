import { describe, expect, it } from '@jest/globals';
import { unknownApiServer } from '../../src/networkpolicy/apiServer.js';
import { corpus } from '../preview/corpus.js';
import { deploymentOf, itemsThat } from '../guides/rows.js';
import { inventoryOf } from '../../src/networkpolicy/workloads.js';
import { readManifests } from '../../src/preview/manifests.js';
import { policiesIn, policyNamed, printed } from './proposals.js';

const known = {
  ...unknownApiServer,
  blocks: ['10.96.0.1/32', 'fd00::1/128'],
  ports: [6443],
  source: 'from a test',
};

const manifest = (kind: string, name: string, spec: object, apiVersion = 'v1') =>
  JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'shop' }, spec });
const port = { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 8080 }] }] };
const service = (spec: object = {}) => manifest('Service', 'web', { selector: { app: 'web' }, ...spec });

describe('the policies of a namespace', () => {
  it('begin with one that denies all to every pod', () => {
    const [first, ...others] = policiesIn(printed([deploymentOf(port)]));
    expect(first).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'default-deny', namespace: 'shop' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
    expect(others.map(({ metadata }) => metadata.name)).toEqual(['web']);
  });

  it('are one set for each namespace, with names of their own', () => {
    const text = printed([
      deploymentOf(port),
      deploymentOf(port, { namespace: 'bank' }),
      manifest(
        'StatefulSet',
        'web',
        { template: { metadata: { labels: { a: 'b' } }, spec: port } },
        'apps/v1',
      ),
      manifest('Pod', 'default-deny', port),
    ]);
    expect(policiesIn(text).map(({ metadata: { namespace, name } }) => `${namespace}/${name}`)).toEqual([
      'shop/default-deny',
      'shop/web',
      'shop/web-statefulset',
      'bank/default-deny',
      'bank/web',
    ]);
  });
});

describe('what a workload may be reached on', () => {
  it('is its declared ports, by the pods of its namespace', () => {
    const { spec } = policyNamed(printed([deploymentOf(port), service()]), 'web');
    expect(spec.ingress).toEqual([{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: 8080 }] }]);
  });

  it('is nothing where it declares none', () => {
    const text = printed([deploymentOf({})]);
    expect(policyNamed(text, 'web').spec.ingress).toEqual([]);
    expect(text).toContain('It declares no port, so that nothing reaches it.');
  });

  it.each([
    [
      'a Service of a kind that is open',
      [service({ type: 'LoadBalancer' })],
      'Service web is of type LoadBalancer',
    ],
    [
      'an Ingress',
      [
        service(),
        manifest('Ingress', 'front', {
          rules: [{ http: { paths: [{ backend: { service: { name: 'web' } } }] } }],
        }),
      ],
      'Ingress front leads to it',
    ],
    [
      'a route',
      [service(), manifest('HTTPRoute', 'front', { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] })],
      'HTTPRoute front leads to it',
    ],
  ])('is open to others by %s', (_title, more, reason) => {
    const text = printed([deploymentOf(port), ...more]);
    expect(policyNamed(text, 'web').spec.ingress).toEqual([{ ports: [{ protocol: 'TCP', port: 8080 }] }]);
    expect(text.replaceAll(/\n *# /g, ' ')).toContain(`from anywhere: ${reason}.`);
  });

  it('is not open by what leads to others', () => {
    const others = [
      manifest('Service', 'db', { selector: { app: 'db' }, type: 'NodePort' }),
      manifest('Service', 'none', { type: 'LoadBalancer' }),
      manifest('Ingress', 'front', {
        rules: [{ http: { paths: [{ backend: { service: { name: 'db' } } }] } }],
      }),
    ];
    const { spec } = policyNamed(printed([deploymentOf(port), ...others]), 'web');
    expect(spec.ingress?.[0]?.from).toEqual([{ podSelector: {} }]);
  });

  it('counts each port once, sidecars too, and no init container', () => {
    const ports = [{ containerPort: 53, protocol: 'UDP' }, { containerPort: 53 }];
    const containers = [
      { name: 'a', image: 'a:1', ports },
      { name: 'b', image: 'b:1', ports },
    ];
    const initContainers = [
      { name: 'side', image: 'c:1', restartPolicy: 'Always', ports: [{ containerPort: 9 }] },
      { name: 'once', image: 'd:1', ports: [{ containerPort: 10 }] },
    ];
    const { spec } = policyNamed(printed([deploymentOf({ containers, initContainers })]), 'web');
    expect(spec.ingress?.[0]?.ports).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
      { protocol: 'TCP', port: 9 },
    ]);
  });
});

describe('what a workload may reach', () => {
  const egress = (text: string) => policyNamed(text, 'web').spec.egress ?? [];
  const outside = (text: string) => egress(text).at(-1);

  it('is DNS, its namespace, and the world without API server, metadata and kubelets', () => {
    const text = printed([deploymentOf(port)], known);
    const [dns, neighbours, world, ...others] = egress(text);
    expect(others).toEqual([]);
    expect(dns?.ports).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ]);
    expect(neighbours).toEqual({ to: [{ podSelector: {} }] });
    const [four, six] = world?.to ?? [];
    expect(four?.ipBlock).toEqual({
      cidr: '0.0.0.0/0',
      except: ['169.254.0.0/16', '100.100.100.200/32', '10.96.0.1/32'],
    });
    expect(six?.ipBlock?.except).toContain('fd00::1/128');
    const reaches = (wanted: number) =>
      world?.ports?.some(
        ({ protocol, port: first, endPort = first }) =>
          protocol === 'TCP' && first <= wanted && wanted <= endPort,
      );
    expect([443, 10_249, 10_250, 10_255, 10_256].map(reaches)).toEqual([true, true, false, false, true]);
    expect(text).toContain('# The API server is at 10.96.0.1/32, fd00::1/128 (from a test).');
  });

  it('is no private address where that of the API server is not known, which is said', () => {
    const text = printed([deploymentOf(port)]);
    expect(outside(text)?.to?.[0]?.ipBlock?.except).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']),
    );
    expect(text).toContain('# The addresses of the API server are not known');
  });

  it('is the API server too for what names a service account', () => {
    const workload = deploymentOf({ ...port, serviceAccountName: 'web' });
    expect(egress(printed([workload], known))[2]).toEqual({
      to: [{ ipBlock: { cidr: '10.96.0.1/32' } }, { ipBlock: { cidr: 'fd00::1/128' } }],
      ports: [{ protocol: 'TCP', port: 6443 }],
    });
    const text = printed([workload]);
    expect(egress(text)).toHaveLength(3);
    expect(text).toContain('It names the service account web');
    expect(egress(printed([deploymentOf({ ...port, serviceAccountName: 'default' })], known))).toHaveLength(
      3,
    );
  });
});

describe('the pods that a policy selects', () => {
  it('are those of its workload, by labels of the template, in every manifest of the tests', () => {
    const texts = corpus.map(({ text }) => text);
    const { workloads } = inventoryOf(corpus.map(readManifests));
    const selected = workloads.filter(({ selector, hostNetwork }) => selector !== undefined && !hostNetwork);
    expect(selected.length).toBeGreaterThan(20);
    for (const { selector, labels } of selected) {
      const own = Object.entries(selector?.matchLabels ?? {});
      expect(own.length).toBeGreaterThan(0);
      expect(own.filter(([key, value]) => labels[key] !== value)).toEqual([]);
    }
    const namespaces = new Set(workloads.map(({ namespace }) => namespace)).size;
    expect(policiesIn(printed(texts))).toHaveLength(selected.length + namespaces);
  });

  it('are not found by what a controller makes up', () => {
    const labels = { app: 'web', 'pod-template-hash': '5f', 'controller-revision-hash': 'x' };
    const pod = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', labels },
      spec: port,
    });
    expect(policyNamed(printed([pod]), 'web').spec.podSelector).toEqual({ matchLabels: { app: 'web' } });
  });

  it('are no pods of another workload of the manifests: its ReplicaSet has none of its own', () => {
    const owned = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'web-1',
        labels: { app: 'web' },
        ownerReferences: [{ kind: 'ReplicaSet', controller: true }],
      },
      spec: port,
    });
    expect(policiesIn(printed([deploymentOf(port), owned]))).toHaveLength(2);
  });

  it('do not exist where none can be selected, or no policy holds, which is said', () => {
    const text = printed([
      manifest('Job', 'bare', { template: { spec: port } }, 'batch/v1'),
      deploymentOf({ ...port, hostNetwork: true }),
    ]);
    expect(policiesIn(text)).toHaveLength(1);
    expect(text).toContain('# Job bare has no labels in its template');
    expect(text).toContain('# Deployment web is on the network of its node');
  });
});

it('gives each rule its reason', () => {
  const text = printed([deploymentOf({ ...port, serviceAccountName: 'web' }), service()], known);
  const rules = text.match(/^ {4}- /gm) ?? [];
  const explained = text.match(/^ {4}# .*\n {4}- /gm) ?? [];
  // Besides the rules only the two policy types of each policy stand in a list at that depth.
  expect(rules.length - explained.length).toBe(2 * policiesIn(text).length);
  expect(explained.length).toBe(5);
});

it('closes item 16 of the guide, once it stands beside the workload', () => {
  const workload = deploymentOf({ ...port, automountServiceAccountToken: false });
  expect(itemsThat('open', workload, 'cloud')).toContain('16');
  expect(itemsThat('open', `${workload}\n---\n${printed([workload], known)}`, 'cloud')).not.toContain('16');
});
