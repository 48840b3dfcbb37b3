import { createCertificateAuthority, issueServingCertificate } from '../../src/certificates/authority.js';
import type {
  CertificateSecret,
  Deployment,
  Installation,
  Service,
  WebhookConfiguration,
} from '../../src/doctor/installation.js';
import { requiredPermissions } from '../../src/doctor/permissions.js';
import { found } from '../../src/doctor/reading.js';

/** The moment at which the healthy installation was read. */
export const now = new Date('2026-11-01T12:00:00Z');
const dayMilliseconds = 24 * 60 * 60 * 1000;
export const daysFromNow = (days: number) => new Date(now.getTime() + days * dayMilliseconds);

export const authority = createCertificateAuthority(daysFromNow(-10));
export const otherAuthority = createCertificateAuthority(daysFromNow(-10));
export const serverName = 'podtemper.podtemper-system.svc';

/** PEM of a serving certificate, made so many days ago for so many days. */
export function certificateOf(made = { ago: 1, days: 30, name: serverName }, issuer = authority): string {
  const request = { names: [made.name], days: made.days, now: daysFromNow(-made.ago) };
  return issueServingCertificate(issuer, request).cert;
}

const labels = {
  'app.kubernetes.io/name': 'podtemper',
  'app.kubernetes.io/instance': 'podtemper',
};

export const configuration: WebhookConfiguration = {
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'podtemper' },
  webhooks: [
    {
      name: 'pods.podtemper.io',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      failurePolicy: 'Fail',
      timeoutSeconds: 2,
      clientConfig: {
        caBundle: Buffer.from(authority.cert).toString('base64'),
        service: { name: 'podtemper', namespace: 'podtemper-system', path: '/mutate', port: 443 },
      },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      namespaceSelector: {
        matchExpressions: [
          { key: 'podtemper.io/mode', operator: 'Exists' },
          {
            key: 'kubernetes.io/metadata.name',
            operator: 'NotIn',
            values: ['kube-system', 'podtemper-system'],
          },
        ],
      },
    },
  ],
};

export const service: Service = {
  metadata: { name: 'podtemper', labels },
  spec: { selector: labels, ports: [{ port: 443, targetPort: 'admission' }] },
};

export const deployment: Deployment = {
  metadata: { name: 'podtemper', labels: { ...labels, 'app.kubernetes.io/version': '1.2.3' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'podtemper',
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            name: 'podtemper',
            image: 'podtemper:1.2.3',
            args: [
              'serve',
              '--tls-secret=podtemper-system/podtemper-authority',
              '--policy=/etc/podtemper/policies',
            ],
            ports: [{ name: 'admission', containerPort: 8443 }],
            volumeMounts: [{ name: 'policies', mountPath: '/etc/podtemper/policies' }],
          },
        ],
        volumes: [{ name: 'policies', configMap: { name: 'podtemper-policies' } }],
      },
    },
  },
  status: { availableReplicas: 2 },
};

/** The same with a certificate that is mounted. */
export const mounting: Deployment = withArgs('serve', '--tls-dir=/etc/podtemper/tls');

/** The Deployment with these arguments, and every volume that they may name. */
export function withArgs(...args: string[]): Deployment {
  const template = deployment.spec?.template;
  const [container] = template?.spec?.containers ?? [];
  return {
    ...deployment,
    spec: {
      selector: { matchLabels: labels },
      replicas: 2,
      template: {
        ...template,
        spec: {
          ...template?.spec,
          containers: [
            {
              name: 'podtemper',
              ...container,
              args,
              volumeMounts: [
                { name: 'tls', mountPath: '/etc/podtemper/tls' },
                { name: 'policies', mountPath: '/etc/podtemper/policies' },
              ],
            },
          ],
          volumes: [
            { name: 'tls', secret: { secretName: 'podtemper-tls' } },
            { name: 'policies', configMap: { name: 'podtemper-policies' } },
          ],
        },
      },
    },
  };
}

/** A Secret of type kubernetes.io/tls. */
export const mountedSecret: CertificateSecret = {
  where: 'podtemper-system/podtemper-tls',
  authority: authority.cert,
  certificate: certificateOf(),
  pairFault: undefined,
};

export const leaseAt = (renewed: Date, written: Date) => ({
  metadata: {
    name: 'podtemper-authority',
    namespace: 'podtemper-system',
    managedFields: [{ time: written, fieldsV1: { 'f:spec': { 'f:renewTime': {} } } }],
  },
  spec: { holderIdentity: 'podtemper-a', renewTime: renewed },
});

const permissions = requiredPermissions({
  configuration: 'podtemper',
  authority: { namespace: 'podtemper-system', name: 'podtemper-authority' },
  writesEvents: true,
}).map((permission) => Object.assign({}, permission, { isGranted: true }));

/** What changes the pod that is tried. */
export const changing = ['runAsNonRoot', 'capabilities', 'seccompProfile'];

/** An installation with which nothing is wrong. */
export const healthy: Installation = {
  name: 'podtemper',
  namespace: 'podtemper-system',
  configurations: [configuration],
  service: found(service),
  endpointSlices: found([
    { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }] },
  ]),
  deployment: found(deployment),
  pods: found([{ spec: { containers: [{ name: 'podtemper', image: 'podtemper:1.2.3' }] } }]),
  secret: found({
    where: 'podtemper-system/podtemper-authority',
    authority: authority.cert,
    certificate: '',
    pairFault: undefined,
  }),
  lease: found(leaseAt(now, now)),
  policies: found([
    {
      file: 'strict.yaml',
      text: 'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: { name: strict }\n',
    },
  ]),
  namespaces: found([
    {
      metadata: { name: 'shop', labels: { 'podtemper.io/mode': 'enforce', 'podtemper.io/policy': 'strict' } },
    },
    { metadata: { name: 'kube-system' } },
  ]),
  permissions: found(permissions),
  served: found({ chain: [certificateOf()], readiness: { policy: 'ok', cluster: 'ok: none' } }),
  trial: found({ namespace: 'shop', expected: changing, isHardened: true, refusal: undefined }),
  kubernetesVersion: found('v1.37.2'),
  now,
  version: '1.2.3',
};
