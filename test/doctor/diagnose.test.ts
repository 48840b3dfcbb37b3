import { describe, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '../../src/certificates/authority.js';
import type { Certificate } from '../../src/certificates/source.js';
import { checks, diagnose } from '../../src/doctor/diagnose.js';
import type { Installation, Webhook } from '../../src/doctor/installation.js';
import { found, missing, unread } from '../../src/doctor/reading.js';
import {
  authority,
  certificateOf,
  changing,
  configuration,
  daysFromNow,
  deployment,
  healthy,
  leaseAt,
  mountedSecret,
  mounting,
  now,
  otherAuthority,
  service,
  serverName,
  withArgs,
} from './healthy.js';

type Change = Partial<Installation>;

const [webhook] = configuration.webhooks ?? [];

/** The configuration with its one webhook changed. */
function withWebhook(change: Partial<Webhook>): Change {
  if (webhook === undefined) throw new Error('webhook: expected one, found none');
  return { configurations: [{ ...configuration, webhooks: [{ ...webhook, ...change }] }] };
}

const withBundle = (bundle: string) =>
  withWebhook({
    clientConfig: { ...webhook?.clientConfig, caBundle: Buffer.from(bundle).toString('base64') },
  });

const servedBy = (pem: string): Change => ({ served: found({ chain: [pem], readiness: undefined }) });
const namespaceLabelled = (name: string, labels: Record<string, string>): Change => ({
  namespaces: found([{ metadata: { name, labels } }]),
});
const policyFile = (text: string): Change => ({ policies: found([{ file: 'a.yaml', text }]) });
const trial = (refusal: string | undefined): Change => ({
  trial: found({ namespace: 'shop', expected: changing, isHardened: false, refusal }),
});

const twoMinutesAgo = new Date(now.getTime() - 120_000);
const endedAuthority = createCertificateAuthority(daysFromNow(-400));
const endingAuthority = createCertificateAuthority(daysFromNow(-300));

/** What is wrong with the healthy installation once that is changed. */
const cases: [code: string, title: string, change: Change][] = [
  ['notRegistered', 'no configuration', { configurations: [] }],
  [
    'notForPods',
    'rules for others',
    withWebhook({ rules: [{ resources: ['services'], operations: ['*'] }] }),
  ],
  ['notForPods', 'no operation', withWebhook({ rules: [{ apiGroups: [''], resources: ['pods'] }] })],
  [
    'wrongPath',
    'no path',
    withWebhook({
      clientConfig: {
        ...webhook?.clientConfig,
        service: { name: 'podtemper', namespace: 'podtemper-system' },
      },
    }),
  ],
  [
    'locksOutItself',
    'its own namespace not excluded',
    withWebhook({
      namespaceSelector: {
        matchExpressions: [
          { key: 'podtemper.io/mode', operator: 'Exists' },
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] },
        ],
      },
    }),
  ],
  [
    'locksOutSystem',
    'kube-system not excluded',
    withWebhook({
      namespaceSelector: {
        matchExpressions: [
          { key: 'podtemper.io/mode', operator: 'In', values: ['enforce'] },
          { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['podtemper-system'] },
        ],
      },
    }),
  ],
  [
    'calledForAll',
    'no opt-in',
    withWebhook({
      failurePolicy: 'Ignore',
      namespaceSelector: { matchExpressions: [{ key: 'exempt', operator: 'DoesNotExist' }] },
    }),
  ],
  [
    'failsWithOneReplica',
    'Fail with 1 replica',
    { deployment: found({ ...deployment, spec: { ...spec(), replicas: 1 } }) },
  ],
  ['longTimeout', '30 s', withWebhook({ timeoutSeconds: 30 })],
  ['shortGrace', 'a longer drain', { deployment: found(withArgs('serve', '--drain-delay', '20')) }],
  ['serviceMissing', 'no Service', { service: missing }],
  [
    'portMissing',
    'another port',
    { service: found({ ...service, spec: { ...service.spec, ports: [{ port: 80 }] } }) },
  ],
  [
    'portMissing',
    'a targetPort without a name',
    {
      service: found({ ...service, spec: { ...service.spec, ports: [{ port: 443, targetPort: 'https' }] } }),
    },
  ],
  [
    'selectsNothing',
    'another selector',
    { service: found({ ...service, spec: { ...service.spec, selector: { app: 'x' } } }) },
  ],
  ['noEndpoints', 'no slice', { endpointSlices: found([]) }],
  [
    'noEndpoints',
    'none that is ready',
    {
      endpointSlices: found([
        { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }] },
      ]),
    },
  ],
  ['deploymentMissing', 'no Deployment', { deployment: missing }],
  ['noneAvailable', 'no status', { deployment: found({ ...deployment, status: {} }) }],
  ['fewAvailable', 'one of two', { deployment: found({ ...deployment, status: { availableReplicas: 1 } }) }],
  ['notReady', '/readyz says so', readiness({ cluster: 'waiting for the first list of namespaces' })],
  [
    'degraded',
    '/readyz says so',
    readiness({ policy: 'ok: the last good policies are in force; a.yaml:1:1' }),
  ],
  ['bundleEmpty', 'no caBundle', withBundle('')],
  ['bundleUnreadable', 'garbage', withBundle('x')],
  ['bundleExpired', 'after a year', { now: daysFromNow(400), served: unread('') }],
  ['bundleForeign', 'another authority serves', servedBy(certificateOf(undefined, otherAuthority))],
  ['bundleForeign', 'another is kept', { ...withBundle(otherAuthority.cert), served: unread('') }],
  [
    'bundleForeign',
    'another issued the Secret',
    { ...withBundle(otherAuthority.cert), served: unread(''), ...mounted(certificateOf()) },
  ],
  ['certificateExpired', 'as served', servedBy(certificateOf({ ago: 9, days: 5, name: serverName }))],
  ['certificateExpired', 'in the Secret', mounted(certificateOf({ ago: 9, days: 5, name: serverName }))],
  [
    'certificateNotYetValid',
    'made tomorrow',
    servedBy(certificateOf({ ago: -1, days: 9, name: serverName })),
  ],
  ['certificateForOthers', 'another name', servedBy(certificateOf({ ago: 1, days: 9, name: 'other.svc' }))],
  ['certificateEndsSoon', 'not renewed', servedBy(certificateOf({ ago: 8, days: 10, name: serverName }))],
  ['certificateUnreadable', 'garbage', mounted('garbage')],
  ['secretMissing', 'no Secret', { secret: missing }],
  [
    'secretUnusable',
    'no authority',
    { secret: found({ where: 'a/b', authority: '', certificate: '', pairFault: undefined }) },
  ],
  [
    'secretUnusable',
    'another key',
    {
      deployment: found(mounting),
      secret: found({ ...mountedSecret, pairFault: 'tls.key: the key of another certificate' }),
    },
  ],
  ['authorityEndsSoon', 'not renewed', sharing(endingAuthority)],
  ['authorityEndsSoon', 'among older ones', sharing(endedAuthority, endingAuthority)],
  ['leaseMissing', 'no Lease', { lease: missing }],
  ['leaseNotRenewed', 'for two minutes', { lease: found(leaseAt(twoMinutesAgo, twoMinutesAgo)) }],
  [
    'leaseNotRenewed',
    'by a clock that is ahead',
    { lease: found(leaseAt(new Date(twoMinutesAgo.getTime() + 50_000), twoMinutesAgo)) },
  ],
  ['leaseNotRenewed', 'when is not told', { lease: found({ ...leaseAt(now, now), spec: {}, metadata: {} }) }],
  ['clockSkew', 'ahead', { lease: found(leaseAt(daysFromNow(1), now)) }],
  ['clockSkew', 'behind', { lease: found(leaseAt(daysFromNow(-1), now)) }],
  ['notPermitted', 'one verb', { permissions: found(permissionsWithout('watch', 'namespaces')) }],
  ['kubernetesTooOld', '1.28', { kubernetesVersion: found('v1.28.15') }],
  [
    'mixedImages',
    'an older pod',
    { pods: found([{ spec: { containers: [{ name: 'podtemper', image: 'podtemper:1.2.2' }] } }]) },
  ],
  ['otherVersion', 'a newer program', { version: '2.0.0' }],
  [
    'policyBroken',
    'an unknown key',
    policyFile('apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nspek: {}\n'),
  ],
  [
    'defaultPolicyMissing',
    'misspelt',
    { deployment: found(withArgs('serve', '--default-policy=strickt', '--policy=/etc/podtemper/policies')) },
  ],
  ['policiesMissing', 'no ConfigMap', { policies: missing }],
  ['labelMeansNothing', 'a misspelt mode', namespaceLabelled('shop', { 'podtemper.io/mode': 'enforced' })],
  [
    'labelMeansNothing',
    'a policy that is not there',
    namespaceLabelled('shop', { 'podtemper.io/mode': 'audit', 'podtemper.io/policy': 'stric' }),
  ],
  [
    'labelMeansNothing',
    'a policy without a mode',
    namespaceLabelled('shop', { 'podtemper.io/policy': 'strict' }),
  ],
  [
    'labelMeansNothing',
    'a label that there is not',
    namespaceLabelled('shop', { 'podtemper.io/mod': 'audit' }),
  ],
  ['excludedNamespace', 'kube-system', namespaceLabelled('kube-system', { 'podtemper.io/mode': 'enforce' })],
  ['callFails', 'refused', trial('500: failed calling webhook "pods.podtemper.io": x509')],
  ['notHardened', 'as it was', trial(undefined)],
  [
    'notHardened',
    'Pod Security misses what it sets',
    trial('403: violates PodSecurity "restricted:latest": runAsNonRoot != true'),
  ],
];

/** The replicas share these, of which the API server trusts each. */
function sharing(...authorities: readonly Certificate[]): Change {
  const bundle = authorities.map(({ cert }) => cert).join('');
  const secret = { where: 'a/b', authority: bundle, certificate: '', pairFault: undefined };
  return { ...withBundle(bundle), secret: found(secret), served: unread('') };
}

function spec() {
  const { spec: value } = deployment;
  if (value === undefined) throw new Error('spec: expected one, found none');
  return value;
}

function readiness(parts: Record<string, string>): Change {
  return { served: found({ chain: [certificateOf()], readiness: parts }) };
}

function mounted(certificate: string): Change {
  return { deployment: found(mounting), secret: found({ ...mountedSecret, certificate }) };
}

function permissionsWithout(verb: string, resource: string) {
  const { permissions } = healthy;
  if (permissions.kind !== 'found') throw new Error('permissions: expected some, found none');
  return permissions.value.map((one) =>
    one.verb === verb && one.resource === resource ? Object.assign({}, one, { isGranted: false }) : one,
  );
}

const codesOf = (change: Change) => diagnose({ ...healthy, ...change }).findings.map(({ code }) => code);

describe('diagnose', () => {
  it('finds nothing wrong with a healthy installation, and has looked at all of it', () => {
    expect(diagnose(healthy)).toMatchObject({ findings: [], notLookedAt: [] });
    expect(codesOf({ deployment: found(mounting), secret: found(mountedSecret) })).toEqual([]);
  });

  it.each(cases)('finds %s: %s', (code, _title, change) => {
    expect(codesOf(change)).toContain(code);
  });

  it('finds the one thing, and nothing else, where only that is wrong', () => {
    const several = new Set(['bundleExpired', 'bundleForeign', 'certificateUnreadable', 'locksOutSystem']);
    for (const [code, title, change] of cases) {
      if (several.has(code)) continue; // one cause, several consequences
      expect([title, codesOf(change)]).toEqual([title, [code]]);
    }
  });

  it('has a case for each fault that a check declares', () => {
    const declared = checks.flatMap(({ faults }) => Object.keys(faults));
    expect(new Set(cases.map(([code]) => code))).toEqual(new Set(declared));
    expect(declared).toHaveLength(new Set(declared).size);
  });

  it('says of each finding where, what was expected, what was found, what it means and what to do', () => {
    for (const [, , change] of cases) {
      for (const finding of diagnose({ ...healthy, ...change }).findings) {
        const { where, expected, found: is, means, advice } = finding;
        for (const text of [where, expected, is, means, advice]) expect(text).toMatch(/\S/);
        expect(JSON.stringify(finding)).not.toContain('undefined');
      }
    }
  });

  it('takes a clock that is wrong for no leader that is gone', () => {
    const lease = found(leaseAt(daysFromNow(-1), now));
    expect(codesOf({ lease })).toEqual(['clockSkew']);
  });

  it('looks for an authority and a leader only where the replicas share one', () => {
    const change = { deployment: found(mounting), secret: found(mountedSecret), lease: missing };
    const ends = { ...mountedSecret, authority: endingAuthority.cert };
    expect(codesOf(change)).toEqual([]);
    expect(codesOf({ ...change, secret: found(ends) })).toEqual([]);
    expect(codesOf(sharing(endingAuthority, authority))).toEqual([]);
    expect(codesOf({ lease: unread('forbidden') })).toEqual([]);
  });

  it('puts errors first', () => {
    const change = { ...withWebhook({ timeoutSeconds: 30 }), service: missing };
    expect(codesOf(change)).toEqual(['serviceMissing', 'longTimeout']);
  });

  it('says what could not be looked at, and finds nothing there', () => {
    const unknown = unread('forbidden');
    const blind = { service: unknown, deployment: unknown, secret: unknown, namespaces: unknown };
    const { findings, notLookedAt } = diagnose({ ...healthy, ...blind });
    expect(findings).toEqual([]);
    expect(notLookedAt.map(({ what }) => what)).toEqual([
      'the Service',
      'the Deployment',
      'the Secret of the certificate',
      'the namespaces',
    ]);
  });

  it('takes a pod that tells nothing of podtemper for no fault, and for nothing that was looked at', () => {
    const matchConditions = [{ name: 'some', expression: 'false' }];
    for (const change of [
      { ...withWebhook({ matchConditions }), ...trial(undefined) },
      trial('403: exceeded quota'),
    ]) {
      const { findings, notLookedAt } = diagnose({ ...healthy, ...change });
      expect(findings).toEqual([]);
      expect(notLookedAt).toEqual([{ what: 'a pod by dry run', why: expect.stringMatching(/\S/) }]);
    }
  });

  it('never shows a key', () => {
    expect(JSON.stringify(cases.map(([, , change]) => diagnose({ ...healthy, ...change })))).not.toContain(
      authority.key.split('\n')[1],
    );
  });
});
