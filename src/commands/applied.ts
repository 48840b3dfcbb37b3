import { ManifestError, messageOf } from '../errors.js';
import { isMapping } from '../shape.js';
import type { ClusterFlags } from './clusterFlags.js';
import { runKubectl } from './kubectl.js';
import { userKubeconfig } from './userKubeconfig.js';

type ApiObject = Readonly<Record<string, unknown>>;

/** How objects would be applied. */
export interface ApplyFlags extends ClusterFlags {
  /** By server-side apply, as somebody does who applies them in that way. */
  readonly serverSide?: boolean;
}

/** What objects would be once they are applied, by a dry run of `kubectl apply`: merged with what is there, without
 *  what the manifest has dropped, with all defaults. Nothing is stored. What kubectl said besides is in `remarks`; where
 *  it could not apply one of them, there are none.
 *  @throws UsageError where there is no kubectl */
export async function applyByDryRun(
  objects: readonly ApiObject[],
  flags: ApplyFlags,
): Promise<{ applied: ApiObject[]; remarks: string[]; isWhole: boolean }> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  const { code, stdout, stderr } = await runKubectl(argumentsOf(flags), JSON.stringify(list));
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith(ownWarning));
  return { applied: objectsIn(stdout), remarks: lines, isWhole: code === 0 };
}

/** Of the webhook, about what the diff shows. */
const ownWarning = 'Warning: podtemper:';

function argumentsOf({ namespace, kubeconfig, context, serverSide }: ApplyFlags): string[] {
  const path = userKubeconfig(kubeconfig);
  return [
    'apply',
    '--filename=-',
    '--dry-run=server',
    '--output=json',
    ...(serverSide === true ? ['--server-side', '--force-conflicts'] : []),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
    ...(path === undefined ? [] : [`--kubeconfig=${path}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];
}

/** One object is printed by itself, several as a list. */
function objectsIn(stdout: string): ApiObject[] {
  if (stdout.trim() === '') return [];
  try {
    const printed: unknown = JSON.parse(stdout);
    if (!isMapping(printed)) return [];
    return Array.isArray(printed.items) ? printed.items.filter(isMapping) : [printed];
  } catch (cause) {
    const complaint = { where: 'kubectl apply', expected: 'JSON', found: messageOf(cause) };
    throw new ManifestError(complaint, undefined, { cause });
  }
}
