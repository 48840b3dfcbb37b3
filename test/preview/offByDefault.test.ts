import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { renderText } from '../../src/outputs/text.js';
import { policiesOf } from '../admission/plans.js';
import { tokenSource } from '../laws/serverToken.js';
import { previewOf } from './corpus.js';

const on = { mode: 'enforce' };
const policies = policiesOf({
  controls: {
    scheduling: { ...on, nodeSelector: { 'example.com/pool': 'shop' } },
    serviceAccountToken: on,
    hostPathReadOnly: on,
  },
});

const workload = (kind: string) => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: agent}
spec: {template: {spec: {containers: [{name: app, image: busybox}]}}}
`;

describe('the preview', () => {
  it.each([
    ['Deployment', 'change'],
    ['StatefulSet', 'change'],
    ['DaemonSet', 'skip'],
  ])('knows who chooses the nodes of the pods of a %s', (kind, verdict) => {
    const { report, hardened } = previewOf(workload(kind), { policies }).items[0] ?? {};
    const finding = report?.findings.find(({ control }) => control === 'scheduling');
    expect(finding?.decision.kind).toBe(verdict);
    expect(JSON.stringify(hardened)).not.toContain('ownerReferences');
  });
});

const tokenMount = {
  name: 'kube-api-access-x7k2p',
  readOnly: true,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
};

/** As `kubectl get pod` shows it, with a comment that somebody has made since. */
const fetched = `# seen on Monday
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: default
  containers:
    - name: app # the one
      image: busybox
      volumeMounts:
        - ${JSON.stringify(tokenMount)}
        - {name: etc, mountPath: /host/etc} # to read
  volumes:
    - ${JSON.stringify({ name: tokenMount.name, ...tokenSource })}
    - {name: etc, hostPath: {path: /etc}}
`;

describe('a pod that holds the token of the API server already', () => {
  const preview = previewOf(fetched, { policies });
  const [document] = preview.documents;

  it('is written without it, its comments kept', () => {
    const { after } = document?.rewrite() ?? { after: '' };
    expect(parse(after)).toEqual(document?.hardened);
    expect(after).not.toContain('kube-api-access');
    for (const comment of ['# seen on Monday', '# the one', '# to read']) expect(after).toContain(comment);
  });

  it('is said to lose it', () => {
    const text = renderText(preview);
    expect(text).toContain('the volume kube-api-access-x7k2p and its mounts go\n');
    expect(text).toContain('+ hostPathReadOnly          volumeMounts: [/host/etc (read-only)]\n');
  });

  it('is said to keep it where nothing is enforced', () => {
    const text = renderText(previewOf(fetched, { policies, mode: 'warn' }));
    expect(text).toContain('the volume kube-api-access-x7k2p and its mounts would go\n');
  });
});
