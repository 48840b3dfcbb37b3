import { describe, expect, it } from '@jest/globals';
import type { PreviewOptions } from '../../src/preview/preview.js';
import { unknownNamespace } from '../../src/kubernetes.js';
import { policiesOf } from '../admission/plans.js';
import { previewOf } from '../preview/corpus.js';

const standingOf = (spec: string, options: Partial<PreviewOptions> = {}, metadata = '') => {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: web${metadata}}\nspec: ${spec}\n`;
  const standing = previewOf(text, options).items[0]?.standing;
  if (standing === undefined) throw new Error('expected a standing, found none');
  return standing;
};
const container = (fields = '') => `{name: app, image: app${fields && `, ${fields}`}}`;
const podOf = (fields = '', rest = '') => `{containers: [${container(fields)}]${rest}}`;
const labelled = (labels: Record<string, string>): Partial<PreviewOptions> => ({
  facts: (name) => ({ ...unknownNamespace(name), labels }),
});
/** Who has to change what, and how many fields that mends. */
const remediesOf = ({ remaining }: ReturnType<typeof standingOf>) => {
  const remedies: Record<string, number> = {};
  for (const { who, change } of remaining)
    remedies[`${who}: ${change}`] = (remedies[`${who}: ${change}`] ?? 0) + 1;
  return remedies;
};

describe('a pod stands', () => {
  it('at restricted with hardening, where it says nothing', () => {
    expect(standingOf(podOf())).toEqual({
      version: 37,
      before: 'baseline',
      after: 'restricted',
      missed: undefined,
      remaining: [],
    });
  });

  it('where the version of its namespace puts it', () => {
    const labels = { 'pod-security.kubernetes.io/enforce-version': 'v1.22' };
    const root = podOf('securityContext: {runAsUser: 0, runAsNonRoot: true}');
    expect(standingOf(root, labelled(labels))).toMatchObject({ version: 22, after: 'restricted' });
    expect(standingOf(root)).toMatchObject({ version: 37, after: 'baseline' });
  });

  it('too low for its namespace', () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    expect(standingOf(podOf('', ', hostPID: true'), labelled(labels))).toMatchObject({
      after: 'privileged',
      missed: 'restricted',
    });
    expect(standingOf(podOf(), labelled(labels)).missed).toBeUndefined();
  });
});

describe('what remains is for', () => {
  const audit = { 'podtemper.io/mode': 'audit' };
  it.each<[string, string, Partial<PreviewOptions>, string, Record<string, number>]>([
    [
      'the author, where it stands in no field that hardening fills',
      podOf('', ', hostNetwork: true'),
      {},
      '',
      { 'author: leave hostNetwork out': 1 },
    ],
    [
      'the author, where the workload chose it',
      podOf('securityContext: {allowPrivilegeEscalation: true}'),
      {},
      '',
      { 'author: securityContext.allowPrivilegeEscalation: false': 1 },
    ],
    [
      'the author, where the pod chose it for its containers',
      podOf('', ', securityContext: {runAsNonRoot: false}'),
      {},
      '',
      { 'author: securityContext.runAsNonRoot: true': 2 },
    ],
    [
      'the author, where root was chosen: one change for both fields',
      podOf('securityContext: {runAsUser: 0}'),
      {},
      '',
      { 'author: securityContext.runAsUser: <a user ID above 0>, or leave it out': 2 },
    ],
    [
      'the author, where only root can listen on the port: no user alone would let it start',
      podOf('ports: [{containerPort: 80}]', ', hostNetwork: true'),
      {},
      '',
      {
        'author: leave hostNetwork out': 1,
        'author: ports[*].containerPort: <1024 or above>, and have the program listen there': 1,
      },
    ],
    [
      'the author, where the user of the policy is not one of those that the pod has',
      podOf('', ', hostUsers: false'),
      {
        ...labelled({
          'podtemper.io/mode': 'enforce',
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/enforce-version': 'v1.34',
        }),
        policies: policiesOf({ controls: { runAsNonRoot: { runAsUser: 70000 } } }),
      },
      '',
      { 'author: securityContext.runAsUser: <a user ID from 1 to 65535>': 1 },
    ],
    [
      'the author, where a privileged container was left alone: one change for all fields',
      podOf('securityContext: {privileged: true}'),
      {},
      '',
      { 'author: leave securityContext.privileged out': 5 },
    ],
    [
      'the author, where a capability keeps a field from being filled: one change for both',
      podOf('securityContext: {capabilities: {add: [SYS_ADMIN]}}'),
      {},
      '',
      { 'author: securityContext.capabilities.add: [NET_BIND_SERVICE], or none': 2 },
    ],
    [
      'the author, where the pod opted out',
      podOf(),
      {},
      ', annotations: {podtemper.io/opt-out: seccompProfile}',
      {
        'author: take seccompProfile out of podtemper.io/opt-out, or securityContext.seccompProfile: {type: RuntimeDefault}': 1,
      },
    ],
    [
      'the author of a Windows pod that does not say so',
      podOf('', ', nodeSelector: {kubernetes.io/os: windows}, securityContext: {runAsNonRoot: true}'),
      {},
      '',
      { 'author: spec.os.name: windows': 3 },
    ],
    [
      'the author of ephemeral containers, which nobody hardens',
      podOf('', `, ephemeralContainers: [${container('securityContext: {privileged: true}')}]`).replace(
        'name: app, image: app, s',
        'name: debug, image: app, s',
      ),
      {},
      '',
      {
        'author: leave securityContext.privileged out': 1,
        'author: securityContext.allowPrivilegeEscalation: false': 1,
        'author: securityContext.capabilities.drop: [ALL]': 1,
        'author: securityContext.runAsNonRoot: true': 1,
        'author: securityContext.seccompProfile: {type: RuntimeDefault}': 1,
      },
    ],
    [
      'the namespace, where its mode only looks on',
      podOf('securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false}'),
      labelled(audit),
      '',
      { 'namespace: podtemper.io/mode: enforce': 2 },
    ],
    [
      'the policy, where it switched a control off or only looks on',
      podOf(),
      {
        policies: policiesOf({
          controls: { capabilities: { mode: 'off' }, seccompProfile: { mode: 'warn' } },
        }),
      },
      '',
      {
        'policy: spec.controls.capabilities.mode: enforce': 1,
        'policy: spec.controls.seccompProfile.mode: enforce': 1,
      },
    ],
    [
      'the image, where the policy knows that it cannot run so',
      podOf(),
      { policies: policiesOf({ images: [{ match: 'docker.io/library/app', cannot: ['capabilities'] }] }) },
      '',
      { 'image: one that runs under capabilities; then a policy that no longer exempts it': 1 },
    ],
    [
      'nobody but its file’s author, where it is the copy of a static pod',
      podOf(
        'securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}',
      ),
      {},
      ', annotations: {kubernetes.io/config.mirror: x}',
      { 'author: securityContext.seccompProfile: {type: RuntimeDefault}': 1 },
    ],
  ])('%s', (_title, spec, options, metadata, remedies) => {
    expect(remediesOf(standingOf(spec, options, metadata))).toEqual(remedies);
  });
});
