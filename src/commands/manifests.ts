import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { messageOf, UsageError } from '../errors.js';
import { labelKeys } from '../kubernetes.js';

interface ManifestFlags {
  readonly url?: string;
  readonly caFile?: string;
}

/** `podtemper manifests`: what to give to `kubectl apply -f -`. */
export function manifestsCommand(): Command {
  return new Command('manifests')
    .summary('print the install manifests, or the registration of a local process')
    .description(
      'Prints the install manifests; with --url and --ca-file, the registration of a process outside the cluster.',
    )
    .option('--url <url>', 'where the API server reaches the process, such as https://127.0.0.1:8443/mutate')
    .option('--ca-file <file>', 'what it must trust, as serve --ca-out writes it')
    .action(async ({ url, caFile }: ManifestFlags) => {
      if ((url === undefined) !== (caFile === undefined)) {
        const found = `only ${url === undefined ? '--ca-file' : '--url'}`;
        throw new UsageError({
          where: 'manifests',
          expected: '--url and --ca-file together, or neither',
          found,
        });
      }
      const text =
        url === undefined || caFile === undefined ? await installManifest() : await registration(url, caFile);
      process.stdout.write(text);
    });
}

/** Beside the bundle in the image, and in the repository one folder up. */
async function installManifest(): Promise<string> {
  const places = ['./install.yaml', '../manifests/install.yaml', '../../manifests/install.yaml'];
  for (const place of places) {
    const text = await readFile(new URL(place, import.meta.url), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`the install manifests are missing: looked at ${places.join(', ')} beside the program`);
}

/** The registration that a local process needs; the same rules as the chart's. */
async function registration(url: string, caFile: string): Promise<string> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new UsageError({ where: '--url', expected: 'an https URL', found: `"${url}"` });
  }
  const ca = await readFile(caFile).catch((cause: unknown) => {
    throw new UsageError({
      where: '--ca-file',
      expected: 'a file with PEM certificates',
      found: messageOf(cause),
    });
  });
  const caBundle = ca.toString('base64');
  const validateUrl = new URL('validate', url).href;
  return [
    stringify(
      configuration('MutatingWebhookConfiguration', {
        ...webhook('pods.podtemper.io', { url, caBundle }, podCreation),
        reinvocationPolicy: 'IfNeeded',
      }),
    ),
    stringify(
      configuration(
        'ValidatingWebhookConfiguration',
        webhook('pods.validate.podtemper.io', { url: validateUrl, caBundle }, podCreation),
        webhook('templates.validate.podtemper.io', { url: validateUrl, caBundle }, ...workloadChanges),
      ),
    ),
  ].join('---\n');
}

const podCreation = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['pods'],
  scope: 'Namespaced',
};

const workloadChanges = Object.entries({
  apps: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'],
  batch: ['jobs', 'cronjobs'],
  '': ['replicationcontrollers'],
}).map(([group, resources]) => ({
  apiGroups: [group],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources,
  scope: 'Namespaced',
}));

function configuration(kind: string, ...webhooks: readonly object[]) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: 'podtemper-local' },
    webhooks,
  };
}

function webhook(name: string, clientConfig: object, ...rules: readonly object[]) {
  return {
    name,
    admissionReviewVersions: ['v1'],
    clientConfig,
    rules,
    namespaceSelector: { matchExpressions: [{ key: labelKeys.mode, operator: 'Exists' }] },
    failurePolicy: 'Ignore',
    matchPolicy: 'Equivalent',
    // Events, where the process has a cluster to write them into.
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds: 2,
  };
}
