import { createServer } from 'node:https';
import { createSelfSigned } from '../src/certificates/selfSigned.js';

/** What the webhook is measured against: the least that a Node server can do with a review. It reads the body the
 *  plain way, parses it, and gives one fixed answer. Same TLS, same kind of certificate. */
const { cert, key } = createSelfSigned({ names: ['localhost', '127.0.0.1'] }).current();
const answer = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: '00000000-0000-0000-0000-000000000000', allowed: true },
});

const server = createServer({ cert, key, minVersion: 'TLSv1.2' }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const review: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof review !== 'object') response.statusCode = 400;
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
