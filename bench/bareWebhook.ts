import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createSelfSigned } from '../src/certificates/selfSigned.js';

/** The least that a mutating webhook can do for pods like those of `endToEnd.ts`: it adds what the default policy adds to
 *  them, and asks nothing but whether they bring resources and `/tmp` themselves. What is beyond it is podtemper's, what is in it is the API server's.
 *  Arguments: port, and the file that its certificate goes to. */
const [, , port, certificateFile = ''] = process.argv;
const { cert, key } = createSelfSigned({ names: ['127.0.0.1'] }).current();
writeFileSync(certificateFile, cert);

interface Container {
  readonly resources?: { readonly limits?: unknown };
}

interface Review {
  readonly request: {
    readonly uid: string;
    readonly object: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

function patchOf(containers: readonly Container[]): object[] {
  const isComplete = containers[0]?.resources?.limits !== undefined;
  const mark = { op: 'add', path: '/metadata/annotations', value: { 'example.com/hardened': 'yes' } };
  const contexts = containers.map((_, index) => ({
    op: 'add',
    path: `/spec/containers/${index}/securityContext`,
    value: securityContext,
  }));
  if (isComplete) return [...contexts, mark];
  const tmp = { op: 'add', path: '/spec/volumes/-', value: { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } } };
  return [...contexts, ...containers.flatMap((_, index) => roomFor(index)), tmp, mark];
}

/** Resources and a writable directory. */
function roomFor(index: number): object[] {
  const path = `/spec/containers/${index}`;
  const volumeMount = { name: 'tmp', mountPath: '/tmp', subPath: `app-${index}` };
  return [
    { op: 'add', path: `${path}/resources/requests`, value: { cpu: '50m', memory: '64Mi' } },
    { op: 'add', path: `${path}/resources/limits`, value: { cpu: '1', memory: '1Gi' } },
    { op: 'add', path: `${path}/volumeMounts/-`, value: volumeMount },
  ];
}

function answerTo(body: string): string {
  const { request } = JSON.parse(body) as Review;
  const patch = Buffer.from(JSON.stringify(patchOf(request.object.spec.containers))).toString('base64');
  const response = { uid: request.uid, allowed: true, patchType: 'JSONPatch', patch };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}

createServer({ cert, key, minVersion: 'TLSv1.2' }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answerTo(Buffer.concat(chunks).toString());
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
}).listen(Number(port), '127.0.0.1');
