import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { V1MutatingWebhookConfiguration, V1Service } from '@kubernetes/client-node';
import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import { connect as connectTo } from '../../src/cluster/connection.js';
import { type Diagnosis, diagnose } from '../../src/doctor/diagnose.js';
import { readInstallation } from '../../src/doctor/reader/readInstallation.js';
import { modeLabel, policyNamed } from './barePod.js';
import type { Cluster } from './cluster.js';
import { type CommandResult, runCommand } from './commands.js';
import { type Installation, install } from './installation.js';
import { SharedState } from './selfManaged.js';
import { connect } from './shared.js';
import { StandInNode } from './standInNode.js';
import { waitUntil } from './waiting.js';
import { program } from './webhookProcess.js';

let cluster: Cluster;
let node: StandInNode;
beforeAll(async () => {
  cluster = await connect();
  node = await StandInNode.start(cluster);
});
afterAll(async () => {
  await node?.stop();
  cluster?.close();
});

function doctor({ release, namespace }: Installation, ...args: string[]): Promise<CommandResult> {
  const own = ['doctor', '--kubeconfig', cluster.kubeconfig, '--webhook-configuration', release];
  return runCommand(process.execPath, [program, ...own, '--namespace', namespace, ...args]);
}

/** What is wrong with the installation, found without a process of its own. */
async function findings(installation: Installation): Promise<string[]> {
  const { release, namespace } = installation;
  const connection = await connectTo({ kubeconfig: cluster.kubeconfig });
  if (!connection) throw new Error('connection: expected one, found none');
  const read = await readInstallation({ connection, configuration: release, namespace, version: '0.1.0' });
  return ownOf(diagnose(read), installation);
}

/** Codes of the findings. Of namespaces only those of the installation: other tests have theirs. */
function ownOf(diagnosis: Pick<Diagnosis, 'findings'>, { namespace }: Installation): string[] {
  const isForeign = (where: string) =>
    where.startsWith('Namespace ') && !where.startsWith(`Namespace ${namespace}`);
  return diagnosis.findings.filter(({ where }) => !isForeign(where)).map(({ code }) => code);
}

/** Has the pods of the Deployment run, as far as anybody can see, and its namespace lose the label that it should not
 *  have. */
async function settle({ namespace }: Installation): Promise<void> {
  await cluster.requestOk('PATCH', `/api/v1/namespaces/${namespace}`, {
    metadata: { labels: { [modeLabel]: null } },
  });
  await waitUntil('two pods', async () => (await node.tell(namespace, true)) === 2);
}

const mutating = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const json = { contentType: 'application/json-patch+json' };

describe('an installation with a mounted certificate', () => {
  let installation: Installation;
  let paths: Record<'registration' | 'service' | 'deployment' | 'policies' | 'secret' | 'binding', string>;

  beforeAll(async () => {
    const policies = { strict: policyNamed('strict', {}) };
    installation = await install(cluster, { values: { policies }, hasMountedCertificate: true });
    const { namespace, release } = installation;
    const home = `/api/v1/namespaces/${namespace}`;
    paths = {
      registration: `${mutating}/${release}`,
      service: `${home}/services/${release}`,
      deployment: `/apis/apps/v1/namespaces/${namespace}/deployments/${release}`,
      policies: `${home}/configmaps/${release}-policies`,
      secret: `${home}/secrets/${release}-tls`,
      binding: `/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${release}`,
    };
    await settle(installation);
  });

  afterAll(async () => {
    if (installation !== undefined) await node.forget(installation.namespace);
    await installation?.uninstall();
  });

  it('is healthy, and the doctor has looked at all of it', async () => {
    await waitUntil('nothing to be wrong', async () => (await findings(installation)).length === 0);
    const { code, stdout, stderr } = await doctor(installation);
    // Other tests' namespaces may have labels that mean nothing, for which there are warnings.
    expect(stdout).toMatch(/(Nothing is wrong|0 errors, \d warnings?); \d+ checks made\.\n$/);
    expect(stdout).not.toContain('not looked at');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const told = JSON.parse((await doctor(installation, '-o', 'json')).stdout) as Diagnosis;
    expect(ownOf(told, installation)).toEqual([]);
  });

  /** Changes a webhook of the configuration; gives what undoes it. */
  async function patchWebhook(field: string, value: unknown): Promise<() => Promise<unknown>> {
    const { webhooks } = await cluster.requestOk<V1MutatingWebhookConfiguration>('GET', paths.registration);
    const path = `/webhooks/0/${field}`;
    const set = (to: unknown) =>
      cluster.requestOk('PATCH', paths.registration, [{ op: 'add', path, value: to }], json);
    let before: unknown = webhooks?.[0];
    for (const key of field.split('/')) before = (before as Record<string, unknown>)[key];
    await set(value);
    return () => set(before);
  }

  /** Deletes an object; gives what makes it anew. */
  async function remove(path: string): Promise<() => Promise<unknown>> {
    const { metadata, ...rest } = await cluster.requestOk<Record<string, unknown>>('GET', path);
    const { name, labels } = metadata as { name: string; labels: object };
    await cluster.requestOk('DELETE', path);
    return () =>
      cluster.requestOk('POST', path.slice(0, path.lastIndexOf('/')), {
        ...rest,
        metadata: { name, labels },
      });
  }

  /** Changes an object by a merge patch; gives what undoes it. */
  async function patch(path: string, change: object, undo: object): Promise<() => Promise<unknown>> {
    await cluster.requestOk('PATCH', path, change);
    return () => cluster.requestOk('PATCH', path, undo);
  }

  /** Gives the processes another certificate, and the API server its authority; gives what undoes it. */
  async function serveAnother(
    days: number,
    name: string,
    made = new Date(),
  ): Promise<() => Promise<unknown>> {
    const authority = createCertificateAuthority(new Date(made.getTime() - 60_000));
    const { cert, key } = issueServingCertificate(authority, { names: [name], days, now: made });
    const { data } = await cluster.requestOk<{ data: object }>('GET', paths.secret);
    const stringData = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert };
    await cluster.requestOk('PATCH', paths.secret, { stringData });
    const restoreBundle = await patchWebhook(
      'clientConfig/caBundle',
      Buffer.from(authority.cert).toString('base64'),
    );
    await installation.remount();
    return async () => {
      await cluster.requestOk('PATCH', paths.secret, { data });
      await restoreBundle();
      await installation.remount();
    };
  }

  const serverName = () => `${installation.release}.${installation.namespace}.svc`;
  const twoDaysAgo = () => new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
  const otherBundle = () => Buffer.from(createCertificateAuthority(new Date()).cert).toString('base64');
  const labelProbe = async (labels: object, undo: object) => {
    const path = `/api/v1/namespaces/${installation.namespace}-probe`;
    return patch(path, { metadata: { labels } }, { metadata: { labels: undo } });
  };

  const planted: [code: string, title: string, plant: () => Promise<() => Promise<unknown>>][] = [
    ['notRegistered', 'the registration is deleted', () => remove(paths.registration)],
    ['bundleEmpty', 'the caBundle is emptied', () => patchWebhook('clientConfig/caBundle', '')],
    [
      'bundleForeign',
      'the caBundle is of others',
      () => patchWebhook('clientConfig/caBundle', otherBundle()),
    ],
    ['certificateExpired', 'the certificate has expired', () => serveAnother(1, serverName(), twoDaysAgo())],
    ['certificateForOthers', 'the certificate names another', () => serveAnother(30, 'other.default.svc')],
    ['secretMissing', 'the Secret is deleted', () => remove(paths.secret)],
    [
      'serviceMissing',
      'the Service is deleted',
      async () => {
        const { spec } = await cluster.requestOk<V1Service>('GET', paths.service);
        const restore = await remove(paths.service);
        expect(spec?.clusterIP).toMatch(/^127\./); // which it is given again
        return restore;
      },
    ],
    [
      'selectsNothing',
      'the Service selects other pods',
      () => {
        const key = 'app.kubernetes.io/instance';
        const selecting = (instance: string) => ({ spec: { selector: { [key]: instance } } });
        return patch(paths.service, selecting('other'), selecting(installation.release));
      },
    ],
    [
      'noneAvailable',
      'no replica is ready',
      async () => {
        await node.tell(installation.namespace, false);
        return () => node.tell(installation.namespace, true);
      },
    ],
    [
      'noEndpoints',
      'no address is ready',
      async () => {
        await node.tell(installation.namespace, false);
        return () => node.tell(installation.namespace, true);
      },
    ],
    [
      'locksOutItself',
      'its own pods wait for it',
      async () => {
        const open = { matchExpressions: [{ key: modeLabel, operator: 'Exists' }] };
        const restoreSelector = await patchWebhook('namespaceSelector', open);
        const restorePolicy = await patchWebhook('failurePolicy', 'Fail');
        return async () => {
          await restorePolicy();
          await restoreSelector();
        };
      },
    ],
    ['longTimeout', 'the API server waits for half a minute', () => patchWebhook('timeoutSeconds', 30)],
    ['notPermitted', 'a ClusterRoleBinding is deleted', () => remove(paths.binding)],
    [
      'policyBroken',
      'a policy does not load',
      () => {
        const text = JSON.stringify(policyNamed('strict', {}));
        return patch(
          paths.policies,
          { data: { 'strict.yaml': 'kind: HardeningPolicie' } },
          { data: { 'strict.yaml': text } },
        );
      },
    ],
    [
      'labelMeansNothing',
      'a mode is misspelt',
      () => labelProbe({ [modeLabel]: 'enforced' }, { [modeLabel]: 'enforce' }),
    ],
    [
      'excludedNamespace',
      'an excluded namespace opted in',
      () => {
        const path = `/api/v1/namespaces/${installation.namespace}`;
        const labelled = (mode: string | null) => ({ metadata: { labels: { [modeLabel]: mode } } });
        return patch(path, labelled('enforce'), labelled(null));
      },
    ],
    [
      'otherVersion',
      'another version is installed',
      () => {
        const key = 'app.kubernetes.io/version';
        const labelled = (version: string) => ({ metadata: { labels: { [key]: version } } });
        return patch(paths.deployment, labelled('0.0.1'), labelled('0.1.0'));
      },
    ],
    [
      'notHardened',
      'no process runs',
      async () => {
        await installation.stop();
        return () => installation.start();
      },
    ],
  ];

  it.each(planted)('finds %s where %s, and nothing once it is mended', async (code, _title, plant) => {
    const mend = await plant();
    try {
      await waitUntil(`the doctor to find ${code}`, async () =>
        (await findings(installation)).includes(code),
      );
    } finally {
      await mend();
    }
    let left: string[] = [];
    await waitUntil(`nothing to be wrong after ${code}`, async () => {
      left = await findings(installation);
      return left.length === 0;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)} Left: ${left.join(', ')}.`);
    });
  });

  it('says what to do, and ends with 1', async () => {
    const mend = await patchWebhook('clientConfig/caBundle', '');
    try {
      const { code, stdout } = await doctor(installation);
      expect(code).toBe(1);
      expect(stdout).toContain(
        `error    MutatingWebhookConfiguration ${installation.release}, webhook pods.podtemper.io: caBundle`,
      );
      expect(stdout).toMatch(/→ .*kubectl\s+edit\s+mutatingwebhookconfiguration/s);
      expect(stdout).toMatch(/\d errors?, \d warnings?; \d+ checks made\.\n$/);
      const told = JSON.parse((await doctor(installation, '-o', 'json')).stdout) as Diagnosis;
      expect(told.findings).toContainEqual(
        expect.objectContaining({ code: 'bundleEmpty', severity: 'error' }),
      );
    } finally {
      await mend();
    }
  });
});

describe('an installation that makes its certificates itself', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await install(cluster);
    await settle(installation);
  });
  afterAll(async () => {
    if (installation !== undefined) await node.forget(installation.namespace);
    await installation?.uninstall();
  });

  it('is healthy', async () => {
    await waitUntil('nothing to be wrong', async () => (await findings(installation)).length === 0);
  });

  it('has a clock that the API server does not agree with', async () => {
    await installation.stop();
    const { leasePath } = new SharedState(cluster, installation);
    const renewTime = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '000Z');
    await cluster.requestOk('PATCH', leasePath, { spec: { holderIdentity: 'other', renewTime } });
    expect(await findings(installation)).toContain('clockSkew');
  });

  it('has nobody who leads', async () => {
    await cluster.requestOk('DELETE', new SharedState(cluster, installation).leasePath);
    expect(await findings(installation)).toContain('leaseMissing');
  });

  it('has a Secret that nobody makes anew while nobody runs', async () => {
    await cluster.requestOk('DELETE', new SharedState(cluster, installation).secretPath);
    expect(await findings(installation)).toContain('secretMissing');
  });
});

describe('without a cluster', () => {
  it('ends with 3 and says what was tried', async () => {
    const file = join(cluster.directory, 'nobody.kubeconfig');
    await writeFile(
      file,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
    const { code, stderr } = await runCommand(process.execPath, [program, 'doctor', '--kubeconfig', file]);
    expect(stderr).toMatch(
      /^podtemper: https:\/\/127\.0\.0\.1:1: expected an API server that answers, found /,
    );
    expect(code).toBe(3);
  });
});
