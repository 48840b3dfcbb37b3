import { expect } from '@jest/globals';
import { barePod, dryRun } from '../barePod.js';
import { type Installation } from '../installation.js';
import { waitUntil } from '../waiting.js';
import { type Readiness } from '../webhookProcess.js';
import { type Fault, type Scene } from './fault.js';

export const policyReload: Fault = {
  title: 'policy good, broken, good again',
  how: 'the ConfigMap is changed, and its folder as the kubelet does it: by one symbolic link',
  async inject(scene) {
    const { installation } = scene;
    await replacePolicy(scene, policy(1002));
    await untilAll(installation, ({ policy: state }) => state === 'ok');
    await waitUntil('the new user', async () => (await userOf(scene)) === 1002);
    await replacePolicy(scene, policy('root'));
    await untilAll(installation, ({ policy: state }) => state.startsWith('ok: the last good policies'));
    expect(await userOf(scene)).toBe(1002);
    await replacePolicy(scene, policy(1003));
    await untilAll(installation, ({ policy: state }) => state === 'ok');
    for (const replica of installation.processes) {
      const reloads = await replica.counters('podtemper_policy_reloads_total');
      const count = (result: string) => reloads.find(({ labels }) => labels.result === result)?.value;
      expect({ ok: count('ok'), failed: count('failed') }).toEqual({ ok: 2, failed: 1 });
    }
    expect(await userOf(scene)).toBe(1003);
    return {
      seen: 'both replicas stayed ready; user 1002, still 1002 while the policy was broken, then 1003',
    };
  },
};

/** The policy with which the faults begin, and others that differ in the user. */
export const policy = (runAsUser: number | string) => `apiVersion: podtemper.io/v1alpha1
kind: HardeningPolicy
metadata: { name: default }
spec:
  controls:
    runAsNonRoot: { runAsUser: ${runAsUser} }
`;

async function replacePolicy({ controlPlane, installation }: Scene, text: string): Promise<void> {
  const { namespace, release } = installation;
  const path = `/api/v1/namespaces/${namespace}/configmaps/${release}-policies`;
  await controlPlane.requestOk('PATCH', path, { data: { 'default.yaml': text } });
  await installation.remount();
}

/** Waits until each replica says so of itself, and is ready all the while. */
async function untilAll({ processes }: Installation, says: (readiness: Readiness) => boolean): Promise<void> {
  await waitUntil('both replicas to have looked', async () => {
    const states = await Promise.all(processes.map((replica) => replica.readiness()));
    expect(states.map(({ ready }) => ready)).toEqual(processes.map(() => true));
    return states.every(says);
  });
}

async function userOf({ controlPlane, namespace }: Scene): Promise<number | undefined> {
  const { body } = await dryRun(controlPlane, namespace, barePod);
  return body.spec?.containers[0]?.securityContext?.runAsUser;
}
