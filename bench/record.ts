import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSelfSigned } from '../src/certificates/selfSigned.js';
import { startControlPlane } from '../test/cluster/controlPlane.js';

/** Writes bench/reviews anew: what the real API server sends for a Deployment's pods of 1, 4 and 20 containers. */
const containerCounts = { small: 1, medium: 4, large: 20 };

const environment = (container: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: `APP_SETTING_${index}`,
    value: `value-${index}-of-container-${container}-as-people-write-them`,
  }));

function deployment(name: string, count: number) {
  const container = (index: number) => ({
    name: `app-${index}`,
    image: `registry.example.com/team/service-${index}:1.${index}.0`,
    args: ['--config', '/etc/service/config.yaml'],
    ports: [{ name: `http-${index}`, containerPort: 8080 + index }],
    env: environment(index, count === 1 ? 0 : count === 4 ? 1 : 9),
    readinessProbe: { httpGet: { path: '/ready', port: 8080 + index } },
    ...(count > 4 && { livenessProbe: { httpGet: { path: '/live', port: 8080 + index } } }),
    ...(index % 2 === 1 && { resources: { requests: { cpu: '100m', memory: '128Mi' } } }),
  });
  const labels = { 'app.kubernetes.io/name': name };
  const template = {
    metadata: { labels },
    spec: { containers: Array.from({ length: count }, (_, index) => container(index)) },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template },
  };
}

const bodies: string[] = [];
const certificate = createSelfSigned({ names: ['127.0.0.1'] });
const server = createServer(certificate.current(), (request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    bodies.push(body);
    const { uid } = (JSON.parse(body) as { request: { uid: string } }).request;
    const answer = {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, allowed: true },
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const cluster = await startControlPlane();
try {
  await cluster.requestOk('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'recorder' },
    webhooks: [
      {
        name: 'recorder.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/mutate`,
          caBundle: Buffer.from(certificate.caBundle).toString('base64'),
        },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
    ],
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (const [size, count] of Object.entries(containerCounts)) {
    bodies.length = 0;
    await cluster.requestOk('POST', '/apis/apps/v1/namespaces/default/deployments', deployment(size, count));
    for (let attempt = 0; attempt < 100 && bodies.length === 0; attempt++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const [body] = bodies;
    if (body === undefined) throw new Error(`the API server sent no review for ${size}`);
    await writeFile(`bench/reviews/${size}.json`, `${body}\n`);
    process.stdout.write(`${size}: ${count} containers, ${body.length} bytes\n`);
  }
} finally {
  await cluster.stop();
  server.close();
  certificate.close();
}
