import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UsageError } from '../errors.js';

/** The kubeconfig of whoever runs a command, as kubectl finds it: the one named, that of KUBECONFIG, that of the home
 *  folder. Undefined where there is none: a pod has its service account.
 *  @throws UsageError where KUBECONFIG names several files, which only kubectl knows how to merge */
export function userKubeconfig(named: string | undefined): string | undefined {
  if (named !== undefined) return named;
  const paths = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (paths.length > 1) {
    throw new UsageError({
      where: 'KUBECONFIG',
      expected: 'one file',
      found: paths.join(', '),
      advice: 'name one with --kubeconfig, or merge them: kubectl config view --flatten --minify',
    });
  }
  const [path = join(homedir(), '.kube', 'config')] = paths;
  return paths.length === 1 || existsSync(path) ? path : undefined;
}
