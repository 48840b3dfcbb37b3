import type { GrantedPermission } from '../installation.js';
import { type Permission, type PermissionScope, requiredPermissions } from '../permissions.js';
import { ask, type ReadingConnection } from './objects.js';

interface ReviewAnswer {
  readonly status?: { readonly allowed?: boolean };
}

/** Whether the user, such as `system:serviceaccount:NAMESPACE:NAME`, has each permission that is needed. */
export function readPermissions(
  connection: ReadingConnection,
  user: string,
  scope: PermissionScope,
): Promise<GrantedPermission[]> {
  return Promise.all(
    requiredPermissions(scope).map(async (permission) => {
      const { status } = await ask<ReviewAnswer>(
        connection,
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        reviewOf(permission, user),
      );
      return Object.assign({}, permission, { isGranted: status?.allowed === true });
    }),
  );
}

function reviewOf({ group, resource, verb, name, namespace }: Permission, user: string) {
  const [, , accountNamespace = ''] = user.split(':');
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user,
      groups: [
        'system:authenticated',
        'system:serviceaccounts',
        `system:serviceaccounts:${accountNamespace}`,
      ],
      resourceAttributes: {
        group,
        resource,
        verb,
        ...(name !== undefined && { name }),
        ...(namespace !== undefined && { namespace }),
      },
    },
  };
}
