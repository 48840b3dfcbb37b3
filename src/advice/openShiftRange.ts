import type { NamespaceFacts } from '../kubernetes.js';
import { type Advisor, silent } from './kit/advisor.js';

const rangeKey = 'openshift.io/sa.scc.uid-range';

/** Looks for users that OpenShift does not give this namespace. */
export const openShiftRange: Advisor = {
  id: 'openShiftRange',
  summary: "A user of the container's own outside the range that OpenShift gives its namespace.",
  source:
    'https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html',
  look({ container, pod, namespace, known }) {
    const range = rangeOf(namespace);
    if (range === undefined || 'openshift.io/required-scc' in (pod.metadata?.annotations ?? {}))
      return silent;
    const own = container.securityContext?.runAsUser;
    const user = own ?? pod.spec.securityContext?.runAsUser;
    const { first, last } = range;
    if (user != null && (user < first || user > last)) {
      return [
        {
          field: own == null ? 'spec.securityContext.runAsUser' : 'securityContext.runAsUser',
          says: `OpenShift gives this namespace the users ${first} to ${last}, and refuses ${user} unless the service account may use a wider SCC`,
          write: 'leave runAsUser out, so that the platform picks one',
        },
      ];
    }
    if (user != null || known.runAsUser === undefined) return silent;
    return [
      {
        field: 'image',
        says: `the image expects user ${known.runAsUser}, and OpenShift gives it one from ${first} on, in group 0`,
        write:
          'an image for arbitrary users; or a service account that may use the SCC nonroot-v2, and runAsUser',
      },
    ];
  },
};

function rangeOf({ annotations }: NamespaceFacts): { first: number; last: number } | undefined {
  const match = /^(\d{1,10})(?:\/(\d{1,10})|-(\d{1,10}))$/.exec(annotations[rangeKey] ?? '');
  if (match === null) return undefined;
  const first = Number(match[1]);
  return { first, last: match[2] === undefined ? Number(match[3]) : first + Number(match[2]) - 1 };
}
