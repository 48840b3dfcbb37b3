import { describe, expect, it } from '@jest/globals';
import { renderAudit, renderAuditJson } from '../../src/outputs/audit.js';
import { unknownNamespace } from '../../src/kubernetes.js';
import { previewOf } from '../preview/corpus.js';

const pod = (namespace: string, name: string, more: object = {}, annotations: object = {}) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, annotations },
    spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }], ...more },
  });
const optOut = { 'podtemper.io/opt-out': 'seccompProfile' };
const shown = previewOf(
  [pod('shop', 'web'), pod('lab', 'node-tool', { hostNetwork: true }), pod('shop', 'old', {}, optOut)].join(
    '\n',
  ),
  {
    facts: (name) => ({
      ...unknownNamespace(name),
      labels: name === 'shop' ? { 'podtemper.io/mode': 'warn' } : {},
    }),
  },
);

describe('an audit', () => {
  it('goes namespace by namespace, with the lowest level of each', () => {
    const headings = renderAudit(shown, { width: 300 })
      .split('\n')
      .filter((line) => line.startsWith('Namespace'));
    expect(headings).toEqual([
      'Namespace shop: 2 workloads, mode warn, policy default, reaches baseline',
      'Namespace lab: 1 workload, no label podtemper.io/mode, shown as in mode enforce, policy default, reaches privileged',
    ]);
  });

  it('knows the label from a mode that was chosen for the audit', () => {
    const chosen = previewOf(pod('lab', 'web'), { chosen: { mode: 'warn' } });
    expect(renderAudit(chosen, { width: 300 })).toMatch(
      /^Namespace lab: 1 workload, no label podtemper\.io\/mode, shown as in mode warn, /,
    );
    expect(JSON.parse(renderAuditJson(chosen))).toMatchObject({ namespaces: [{ isOptedIn: false }] });
  });

  it('says of a namespace of the cluster itself that the webhook is not called there', () => {
    const system = previewOf(pod('kube-system', 'proxy'));
    expect(renderAudit(system, { width: 300 })).toMatch(
      /^Namespace kube-system: 1 workload, where the webhook as installed is not called, shown as in mode enforce, /,
    );
    expect(JSON.parse(renderAuditJson(system))).toMatchObject({ namespaces: [{ isSystem: true }] });
  });

  it('tells of each workload what would change, and what it has opted out of', () => {
    const lines = renderAudit(shown, { width: 300 }).split('\n');
    const web = lines.find((line) => line.startsWith('  Pod web: '));
    expect(web).toMatch(
      /^ {2}Pod web: 1 container, 6 controls would change it; Pod Security baseline as before$/,
    );
    expect(lines).toContain('    - opted out of seccompProfile, without an end: no reason given');
  });

  it('is JSON for programs', () => {
    const { namespaces } = JSON.parse(renderAuditJson(shown)) as { namespaces: object[] };
    expect(namespaces).toMatchObject([
      {
        name: 'shop',
        isOptedIn: true,
        isSystem: false,
        mode: 'warn',
        reaches: 'baseline',
        workloads: [
          { name: 'web', patch: [] },
          { name: 'old', optedOut: { controls: ['seccompProfile'] } },
        ],
      },
      { name: 'lab', isOptedIn: false, reaches: 'privileged', workloads: [{ changed: expect.any(Array) }] },
    ]);
  });
});
