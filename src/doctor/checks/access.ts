import { defineCheck } from '../finding.js';
import type { GrantedPermission } from '../installation.js';
import { valueOf } from '../reading.js';

/** Whether the service account may do what it must. */
export const access = defineCheck({
  id: 'access',
  looksAt: "the rights of podtemper's service account",
  faults: {
    notPermitted: {
      severity: 'error',
      means: 'it works with what it last knew, and a replica that starts does not become ready',
    },
  },
  examine({ permissions }) {
    const lacking = (valueOf(permissions) ?? []).filter(({ isGranted }) => !isGranted);
    return [...groupByObject(lacking)].map(([object, permitted]) => ({
      code: 'notPermitted' as const,
      where: `RBAC: ${object}`,
      expected: permitted.map(({ verb, why }) => `${verb} (${why})`).join('; '),
      found: 'not permitted',
      advice:
        'install the chart again (helm upgrade): its ClusterRole, Role and their bindings grant exactly this',
    }));
  },
});

/** Node 20 has no Map.groupBy. */
function groupByObject(permissions: readonly GrantedPermission[]): Map<string, GrantedPermission[]> {
  const groups = new Map<string, GrantedPermission[]>();
  for (const permission of permissions) {
    const object = objectOf(permission);
    groups.set(object, [...(groups.get(object) ?? []), permission]);
  }
  return groups;
}

function objectOf({ group, resource, name, namespace }: GrantedPermission): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  const one = name === undefined ? '' : ` ${name}`;
  return `${kind}${one}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
}
