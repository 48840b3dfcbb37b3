import { describe, expect, it } from '@jest/globals';
import { asWritten } from '../../src/preview/asWritten.js';

const kept = { name: 'web', namespace: 'shop', labels: { app: 'web' } };
const metadata = {
  ...kept,
  uid: '3f0c',
  resourceVersion: '7',
  generation: 2,
  creationTimestamp: '2026-01-01T00:00:00Z',
  managedFields: [],
};
const lastApplied = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
const container = { name: 'web', image: 'nginx', terminationMessagePath: '/dev/termination-log' };

describe('a live object, as somebody would write it', () => {
  it('has no status and nothing of the API server in its metadata and in those of its template', () => {
    const spec = (more: object) => ({
      template: { metadata: { ...more }, spec: { containers: [container] } },
    });
    const live = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, annotations: { ...lastApplied, 'deployment.kubernetes.io/revision': '2' } },
      spec: spec({ creationTimestamp: null, labels: { app: 'web' }, annotations: { team: 'blue' } }),
      status: { replicas: 1 },
    };
    expect(asWritten(live)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: kept,
      spec: spec({ labels: { app: 'web' }, annotations: { team: 'blue' } }),
    });
  });

  it('keeps annotations of people', () => {
    const live = { kind: 'Job', metadata: { annotations: { ...lastApplied, team: 'blue' } } };
    expect(asWritten(live)).toEqual({ kind: 'Job', metadata: { annotations: { team: 'blue' } } });
  });

  it('was not put on a node yet, and nobody has debugged it, where it is a pod', () => {
    const spec = { containers: [container], serviceAccountName: 'default' };
    const live = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { ...spec, nodeName: 'node-1', ephemeralContainers: [{ name: 'debugger' }] },
    };
    expect(asWritten(live)).toEqual({ apiVersion: 'v1', kind: 'Pod', metadata: kept, spec });
  });

  it('is left alone where it is none', () => {
    expect(asWritten({ metadata: null, spec: { template: null } })).toEqual({
      metadata: null,
      spec: { template: null },
    });
  });
});
