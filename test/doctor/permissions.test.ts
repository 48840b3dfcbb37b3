import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { requiredPermissions } from '../../src/doctor/permissions.js';

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly resourceNames?: string[];
  readonly verbs: string[];
}

interface Installed {
  readonly kind: string;
  readonly rules?: Rule[];
  readonly automountServiceAccountToken?: boolean;
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly automountServiceAccountToken?: boolean } };
  };
}

const installed = parseAllDocuments(readFileSync('manifests/install.yaml', 'utf8')).map(
  (document) => document.toJS() as Installed,
);

const spell = (group: string, resource: string, name: string, verb: string) =>
  [group, resource, name, verb].join(' ');

describe('the rights of the installation', () => {
  it('are those that are needed, each with a reason, and no other', () => {
    const authority = { namespace: 'podtemper-system', name: 'podtemper-authority' };
    const needed = requiredPermissions({ configuration: 'podtemper', authority, writesEvents: true });
    const granted = installed
      .flatMap(({ rules = [] }) => rules)
      .flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.flatMap((name) => verbs.map((verb) => spell(group, resource, name, verb))),
          ),
        ),
      );
    const expected = needed.map(({ group, resource, name = '', verb }) => spell(group, resource, name, verb));
    expect(granted.toSorted()).toEqual(expected.toSorted());
    for (const { why } of needed) expect(why).toMatch(/\S/);
  });

  it('gives no token to pods that do not ask for it', () => {
    const account = installed.find(({ kind }) => kind === 'ServiceAccount');
    const deployment = installed.find(({ kind }) => kind === 'Deployment');
    expect(account?.automountServiceAccountToken).toBe(false);
    expect(deployment?.spec?.template?.spec?.automountServiceAccountToken).toBe(true);
  });
});
