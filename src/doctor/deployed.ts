import type { Deployment } from './installation.js';

/** Where the process has its certificate from, as its arguments say. */
export type CertificateOrigin =
  | { readonly kind: 'shared'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'mounted'; readonly name: string }
  | { readonly kind: 'unknown' };

/** The Secret that the certificate comes from. */
export function certificateOriginOf(deployment: Deployment): CertificateOrigin {
  const [namespace, name] = argumentOf(deployment, '--tls-secret')?.split('/') ?? [];
  if (namespace !== undefined && name !== undefined) return { kind: 'shared', namespace, name };
  const folder = argumentOf(deployment, '--tls-dir');
  const secret = folder === undefined ? undefined : volumeAt(deployment, folder)?.secret?.secretName;
  return secret === undefined ? { kind: 'unknown' } : { kind: 'mounted', name: secret };
}

/** Name of the ConfigMap that holds the policies; undefined where the built-in one holds, or something else is
 *  mounted. */
export function policyConfigMapOf(deployment: Deployment): string | undefined {
  const folder = argumentOf(deployment, '--policy');
  return folder === undefined ? undefined : volumeAt(deployment, folder)?.configMap?.name;
}

/** The value of an argument of the first container, written `--flag=value` or in two. */
export function argumentOf(deployment: Deployment, flag: string): string | undefined {
  const args = containerOf(deployment)?.args ?? [];
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  return args[at] === flag ? args[at + 1] : args[at]?.slice(flag.length + 1);
}

/** Whether the first container has an argument without a value. */
export function hasArgument(deployment: Deployment, flag: string): boolean {
  return containerOf(deployment)?.args?.includes(flag) ?? false;
}

/** The container that runs podtemper. */
export function containerOf({ spec }: Deployment) {
  return spec?.template.spec?.containers[0];
}

/** Labels of the pods. */
export function podLabelsOf({ spec }: Deployment): Readonly<Record<string, string>> {
  return spec?.template.metadata?.labels ?? {};
}

function volumeAt(deployment: Deployment, path: string) {
  const mount = containerOf(deployment)?.volumeMounts?.find(({ mountPath }) => mountPath === path);
  return deployment.spec?.template.spec?.volumes?.find(({ name }) => name === mount?.name);
}
