/** A verb that podtemper's service account needs on a resource, and why. */
export interface Permission {
  /** API group; empty for the core one. */
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Of the one object; undefined: of all. */
  readonly name: string | undefined;
  /** Where; undefined: in the whole cluster. */
  readonly namespace: string | undefined;
  readonly why: string;
}

/** What decides on the permissions that are needed. */
export interface PermissionScope {
  /** Of the webhook configurations. */
  readonly configuration: string;
  /** The Secret in which the replicas share their authority; undefined where others make the certificate. */
  readonly authority: { readonly namespace: string; readonly name: string } | undefined;
  /** Whether it tells by Events what became of pods. */
  readonly writesEvents: boolean;
}

const facts = 'what a pod does not say of its namespace: labels, LimitRanges and ResourceQuotas';
const factVerbs: Readonly<Record<string, string>> = {
  get: 'a namespace that is so new that the watch has not brought it',
  list: facts,
  watch: facts,
};
const eventVerbs: Readonly<Record<string, string>> = {
  create: 'to tell at the workload what became of its pods',
  patch: 'to count one up that is there already',
};
const configurationVerbs: Readonly<Record<string, string>> = {
  get: 'whether the caBundle is right',
  list: 'the start of the watch, of this one object',
  watch: 'to put the caBundle right as soon as somebody has changed it',
  update: 'to write the caBundle',
};
const secretVerbs: Readonly<Record<string, string>> = {
  get: 'the authority that the replicas share',
  list: 'the start of the watch, of this one object',
  watch: 'to learn of a new authority, or of a loss, at once',
  create: 'to make the Secret anew where it was deleted',
  patch: 'the same: server-side apply makes it by a PATCH',
  update: 'to write a new authority, if nobody else has meanwhile',
};
const leaseVerbs: Readonly<Record<string, string>> = {
  get: 'who leads',
  create: 'the first leader makes the Lease',
  update: 'to renew the lead, or to give it up',
};

/** Everything that the service account needs, and nothing else: the chart grants exactly this. */
export function requiredPermissions({
  configuration,
  authority,
  writesEvents,
}: PermissionScope): Permission[] {
  const everywhere = { name: undefined, namespace: undefined };
  const own = { name: configuration, namespace: undefined };
  return [
    ...each(['namespaces', 'limitranges', 'resourcequotas'], factVerbs, { group: '', ...everywhere }),
    ...(writesEvents
      ? [
          ...each(['events'], eventVerbs, { group: '', ...everywhere }),
          ...each(
            ['replicasets'],
            { get: 'the Deployment whose pods they are' },
            { group: 'apps', ...everywhere },
          ),
          ...each(['jobs'], { get: 'the CronJob whose pods they are' }, { group: 'batch', ...everywhere }),
        ]
      : []),
    ...(authority === undefined
      ? []
      : [
          ...each(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'], configurationVerbs, {
            group: 'admissionregistration.k8s.io',
            ...own,
          }),
          ...each(['secrets'], secretVerbs, { group: '', ...authority }),
          ...each(['leases'], leaseVerbs, { group: 'coordination.k8s.io', ...authority }),
        ]),
  ];
}

type Scope = Pick<Permission, 'group' | 'name' | 'namespace'>;

function each(
  resources: readonly string[],
  verbs: Readonly<Record<string, string>>,
  scope: Scope,
): Permission[] {
  return resources.flatMap((resource) =>
    Object.entries(verbs).map(([verb, why]) => Object.assign({}, scope, { resource, verb, why })),
  );
}
