import { type Expected, nothingExpected } from '../hardening/harden.js';
import { isMapping } from '../shape.js';
import type { ManifestObject } from './manifests.js';

/** What the controller of a workload gives to each of its pods, as far as a control looks at it: a StatefulSet a
 *  volume for each of its claim templates, a DaemonSet itself as the owner, who has chosen their nodes. */
export function expectedOf({ apiVersion, kind, name, value }: ManifestObject): Expected {
  if (kind === 'DaemonSet') {
    return { volumes: [], ownerReferences: [{ apiVersion, kind, name, uid: '', controller: true }] };
  }
  if (kind !== 'StatefulSet' || !isMapping(value) || !isMapping(value.spec)) return nothingExpected;
  const { volumeClaimTemplates: claims } = value.spec;
  if (!Array.isArray(claims)) return nothingExpected;
  const volumes = claims.flatMap((claim: unknown) => {
    const claimName = isMapping(claim) && isMapping(claim.metadata) ? claim.metadata.name : undefined;
    return typeof claimName === 'string' ? [{ name: claimName, persistentVolumeClaim: { claimName } }] : [];
  });
  return { volumes, ownerReferences: undefined };
}
