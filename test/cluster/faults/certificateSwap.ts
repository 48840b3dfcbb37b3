import { expect } from '@jest/globals';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { createCertificateAuthority, issueServingCertificate } from '../../../src/certificates/authority.js';
import { type Certificate } from '../../../src/certificates/source.js';
import { barePod, dryRun, hardenedAnnotation } from '../barePod.js';
import { servedBy } from '../servedCertificate.js';
import { waitUntil } from '../waiting.js';
import { type Fault, type Scene } from './fault.js';

export const certificateSwap: Fault = {
  title: 'certificate swap',
  how: 'a certificate of another authority, beside the old one in the caBundle; then a new one of the same',
  async inject(scene) {
    const now = new Date();
    const authority = createCertificateAuthority(now);
    const { release, namespace } = scene.installation;
    const names = [`${release}.${namespace}.svc`];
    await trustToo(scene, authority.cert);
    const opened: number[] = [];
    for (const days of [30, 60]) {
      const certificate = issueServingCertificate(authority, { names, days, now });
      await serve(scene, certificate);
      const before = scene.installation.proxy.connections();
      scene.stream.burst(100);
      await scene.stream.untilHealthy();
      opened.push(scene.installation.proxy.connections() - before);
    }
    // Without a new connection the API server would never have seen the certificate.
    expect(Math.min(...opened)).toBeGreaterThan(0);
    return {
      seen: `served by both replicas to the API server's new connections, of which there were ${opened.join(' and ')}`,
    };
  },
};

/** Puts the certificate into the Secret, and waits until each replica serves it. */
async function serve({ controlPlane, installation }: Scene, certificate: Certificate): Promise<void> {
  const { namespace, release, processes } = installation;
  const path = `/api/v1/namespaces/${namespace}/secrets/${release}-tls`;
  const stringData = { 'tls.crt': certificate.cert, 'tls.key': certificate.key };
  await controlPlane.requestOk('PATCH', path, { stringData });
  await installation.remount();
  await waitUntil('the new certificate at both replicas', async () => {
    const served = await Promise.all(processes.map(servedBy));
    return served.every(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint);
  });
}

/** Adds an authority to those that the API server trusts, and waits until it does. */
async function trustToo({ controlPlane, installation, namespace }: Scene, authority: string): Promise<void> {
  const path = `/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${installation.release}`;
  const { webhooks = [] } = await controlPlane.requestOk<V1MutatingWebhookConfiguration>('GET', path);
  const [webhook] = webhooks;
  if (!webhook) throw new Error(`${path}: expected a webhook, found none`);
  const caBundle = Buffer.concat([
    Buffer.from(webhook.clientConfig.caBundle ?? '', 'base64'),
    Buffer.from(authority),
  ]).toString('base64');
  // The API server takes the whole configuration at once: as soon as it leaves a pod of this name alone, it trusts
  // the new authority.
  const name = 'left-alone';
  const matchConditions = [{ name, expression: `request.name != '${name}'` }];
  const changes = [
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle },
    { op: 'add', path: '/webhooks/0/matchConditions', value: matchConditions },
  ];
  await controlPlane.requestOk('PATCH', path, changes, { contentType: 'application/json-patch+json' });
  await waitUntil('the new configuration to be in force', async () => {
    const { body } = await dryRun(controlPlane, namespace, { ...barePod, metadata: { name } });
    return body.metadata?.annotations?.[hardenedAnnotation] === undefined;
  });
}
