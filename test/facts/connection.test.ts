import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createSelfSigned } from '../../src/certificates/selfSigned.js';
import { type ClusterConnection, connect } from '../../src/cluster/connection.js';
import { StatusError } from '../../src/cluster/exchange.js';
import { UsageError } from '../../src/errors.js';
import { answerJson } from './fakeApiServer.js';
import { inTemporaryFolder, writeKubeconfig } from './kubeconfigFile.js';
import { until } from './until.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const patient = { timeoutMilliseconds: 4000 };

async function serve(handler: Handler, pair?: { cert: string; key: string }): Promise<number> {
  const server = pair ? createHttpsServer(pair, handler) : createHttpServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

function authority() {
  const source = createSelfSigned({ names: ['127.0.0.1'] });
  cleanups.push(() => source.close());
  return { pair: source.current(), caBundle: source.caBundle };
}

async function connectWith(cluster: object, user?: object): Promise<ClusterConnection> {
  const connection = await inTemporaryFolder(async (folder) =>
    connect({ kubeconfig: await writeKubeconfig(folder, cluster, user) }),
  );
  if (connection === undefined) throw new Error('expected a connection');
  return connection;
}

const connectTo = async (handler: Handler) =>
  connectWith({ server: `http://127.0.0.1:${await serve(handler)}` });

describe('get', () => {
  it('sends the token over TLS that the kubeconfig trusts, on one kept connection', async () => {
    const { pair, caBundle } = authority();
    const seen: [authorization: string | undefined, port: number | undefined][] = [];
    const port = await serve((request, response) => {
      seen.push([request.headers.authorization, request.socket.remotePort]);
      answerJson(response, 200, { path: request.url });
    }, pair);
    const server = `https://127.0.0.1:${port}`;
    const trust = { 'certificate-authority-data': Buffer.from(caBundle).toString('base64') };
    const connection = await connectWith({ server, ...trust }, { token: 'secret' });
    expect(connection.server).toBe(server);
    expect(await connection.get('/api/v1/namespaces?limit=1', patient)).toEqual({
      path: '/api/v1/namespaces?limit=1',
    });
    await connection.get('/', patient);
    expect(seen.map(([authorization]) => authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect(new Set(seen.map(([, remotePort]) => remotePort)).size).toBe(1);

    const distrusting = await connectWith({ server }, { token: 'secret' });
    await expect(distrusting.get('/', patient)).rejects.toThrow(/self-signed certificate|unable to verify/);
  });

  it('keeps the path of a server behind a gateway, and tells plain HTTP no secrets', async () => {
    let seen: IncomingMessage | undefined;
    const port = await serve((request, response) => {
      seen = request;
      answerJson(response, 200, {});
    });
    const connection = await connectWith(
      { server: `http://127.0.0.1:${port}/k8s/clusters/c1` },
      { token: 's' },
    );
    await connection.get('/api', patient);
    expect(seen?.url).toBe('/k8s/clusters/c1/api');
    expect(seen?.headers.authorization).toBeUndefined();
  });

  it('gives the message of the Status that was answered instead', async () => {
    const connection = await connectTo((_, response) =>
      answerJson(response, 403, { kind: 'Status', message: 'namespaces is forbidden' }),
    );
    const refused = connection.get('/api/v1/namespaces', patient);
    await expect(refused).rejects.toBeInstanceOf(StatusError);
    await expect(refused).rejects.toMatchObject({ status: 403 });
    await expect(refused).rejects.toThrow(
      `GET ${connection.server}/api/v1/namespaces: expected status 200, found 403: namespaces is forbidden`,
    );
  });

  it('gives up at the deadline, even in the middle of a body', async () => {
    const connection = await connectTo((_, response) => response.writeHead(200).write('{'));
    await expect(connection.get('/slow', { timeoutMilliseconds: 20 })).rejects.toThrow(
      `GET ${connection.server}/slow: expected an answer within 20 ms, found none`,
    );
  });

  it('gives up when it is told to', async () => {
    const ending = new AbortController();
    const connection = await connectTo(() => ending.abort(new Error('enough')));
    await expect(connection.get('/', { ...patient, signal: ending.signal })).rejects.toThrow('enough');
    await expect(connection.get('/', { ...patient, signal: ending.signal })).rejects.toThrow('enough');
  });

  it('asks again where the server closed a kept connection that it was to use', async () => {
    const served = new Set<unknown>();
    const connection = await connectTo((request, response) => {
      if (served.has(request.socket)) request.socket.resetAndDestroy();
      else answerJson(response, 200, {});
      served.add(request.socket);
    });
    await connection.get('/', patient);
    await connection.get('/', patient);
    expect(served.size).toBe(2);
  });
});

describe('write', () => {
  it.each([
    ['PUT', 200, 'application/json'],
    ['PATCH', 201, 'application/apply-patch+yaml'],
  ] as const)('sends the object by %s, and gives it as it then is', async (method, status, contentType) => {
    const seen: unknown[] = [];
    const connection = await connectTo((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        seen.push(request.method, request.url, request.headers['content-type'], JSON.parse(body));
        answerJson(response, status, { kind: 'Lease', metadata: { resourceVersion: '7' } });
      });
    });
    const object = { kind: 'Lease', metadata: { name: 'läse' } };
    const answer = await connection.write('/leases/a', { method, object }, patient);
    expect(answer).toEqual({ kind: 'Lease', metadata: { resourceVersion: '7' } });
    expect(seen).toEqual([method, '/leases/a', contentType, object]);
  });

  it('names itself where it is refused, or not answered', async () => {
    const refusing = await connectTo((_, response) => answerJson(response, 409, { message: 'modified' }));
    const written = { method: 'PUT', object: {} } as const;
    await expect(refusing.write('/a', written, patient)).rejects.toThrow(
      `PUT ${refusing.server}/a: expected status 200, found 409: modified`,
    );
    const silent = await connectTo(() => undefined);
    await expect(silent.write('/a', written, { timeoutMilliseconds: 20 })).rejects.toThrow(
      `PUT ${silent.server}/a: expected an answer within 20 ms, found none`,
    );
  });
});

describe('watch', () => {
  it('hands over whole lines, however they arrive, and ends with the stream', async () => {
    const text = '{"name":"a\u2028b"}\n{"name":"é"}\n{"na';
    const bytes = Buffer.from(text);
    const connection = await connectTo((_, response) => {
      for (const byte of bytes) response.write(Buffer.from([byte]));
      response.end();
    });
    const events: unknown[] = [];
    await connection.watch('/', (event) => events.push(event), { signal: new AbortController().signal });
    expect(events).toEqual([{ name: 'a\u2028b' }, { name: 'é' }]);
  });

  it('fails with what cut it: the server, the signal, or whoever took the event', async () => {
    const connection = await connectTo((request, response) => {
      response.write('{}\n');
      if (request.url === '/cut') setImmediate(() => response.destroy());
    });
    const { signal } = new AbortController();
    await expect(connection.watch('/cut', () => {}, { signal })).rejects.toThrow('cut the connection');
    const ending = new AbortController();
    const abort = () => ending.abort(new Error('enough'));
    await expect(connection.watch('/', abort, { signal: ending.signal })).rejects.toThrow('enough');
    const refuse = () => {
      throw new Error('no');
    };
    await expect(connection.watch('/', refuse, { signal })).rejects.toThrow('no');
  });

  it('closes its connection when it is aborted', async () => {
    let isOpen = false;
    const connection = await connectTo((_, response) => {
      isOpen = true;
      response.on('close', () => (isOpen = false)).write('{}\n');
    });
    const ending = new AbortController();
    const watch = connection.watch('/', () => {}, { signal: ending.signal });
    await until('the connection', () => isOpen);
    ending.abort(new Error('enough'));
    await expect(watch).rejects.toThrow('enough');
    await until('its end', () => !isOpen);
  });
});

describe('kubeconfig', () => {
  const refuse = async (text: string | undefined) =>
    inTemporaryFolder(async (folder) => {
      const kubeconfig = join(folder, 'config');
      if (text !== undefined) await writeFile(kubeconfig, text);
      const error: unknown = await connect({ kubeconfig }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UsageError);
      return String(error).replace(kubeconfig, 'FILE');
    });

  it('that is missing says so, and what to do', async () => {
    expect(await refuse(undefined)).toBe(
      'UsageError: kubeconfig FILE: expected a readable file, found no such file; ' +
        'give the path of a kubeconfig that kubectl can use, or leave it out within a cluster',
    );
  });

  it.each([
    ['nothing', ' ', /expected a kubeconfig document, found an empty file;/],
    ['null', '~', /expected a kubeconfig document, found another document;/],
    ['no object', 'hello', /expected a current-context that is among the contexts, found none;/],
    ['no YAML', 'users:\n - token: s3cret\n  x: [', /expected a kubeconfig document, found [^;]*\(3:\d+\);/],
    ['a cluster without a server', 'clusters: [{ name: a, cluster: {} }]', /server is missing/],
    ['an unknown context', 'current-context: b', /among the contexts, found no context b;/],
    [
      'a context without its cluster',
      'current-context: b\ncontexts: [{ name: b, context: { cluster: c } }]',
      /expected the cluster of context b, found none;/,
    ],
    [
      'a context without its user',
      'current-context: b\ncontexts: [{ name: b, context: { cluster: c } }]\n' +
        'clusters: [{ name: c, cluster: { server: "https://a" } }]',
      /expected the user of context b, found none;/,
    ],
    [
      'a server that is no URL',
      'current-context: b\ncontexts: [{ name: b, context: { cluster: c, user: u } }]\n' +
        'clusters: [{ name: c, cluster: { server: "a:1" } }]\nusers: [{ name: u }]',
      /expected an http or https URL as server of c, found a:1;/,
    ],
  ])('with %s is refused, and not quoted', async (_, text, message) => {
    const told = await refuse(text);
    expect(told).toMatch(message);
    expect(told).not.toContain('s3cret');
  });
});

describe('in a cluster', () => {
  const variables = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'] as const;

  /** All that fake timers could take over, but for Date. */
  const machineTime = [
    ...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] as const),
    ...(['clearImmediate', 'nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const),
  ];

  async function mountServiceAccount(root: string, caBundle: string) {
    const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'ca.crt'), caBundle);
    await writeFile(join(folder, 'token'), 'first\n');
    return join(folder, 'token');
  }

  function setService(port: number) {
    for (const name of variables) cleanups.push(() => void delete process.env[name]);
    Object.assign(process.env, {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
    });
  }

  it('uses the service account, and its token as it is by then', async () => {
    const { pair, caBundle } = authority();
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      seen.push(request.headers.authorization);
      answerJson(response, 200, {});
    }, pair);
    setService(port);
    await inTemporaryFolder(async (root) => {
      const token = await mountServiceAccount(root, caBundle);
      const connection = await connect({ serviceAccountRoot: root });
      expect(connection?.server).toBe(`https://127.0.0.1:${port}`);
      await connection?.get('/', patient);
      await writeFile(token, 'second');
      // The client reads the file anew after a minute.
      jest.useFakeTimers({ now: Date.now() + 61_000, doNotFake: machineTime });
      cleanups.push(() => void jest.useRealTimers());
      await connection?.get('/', patient);
    });
    expect(seen).toEqual(['Bearer first', 'Bearer second']);
  });

  it('is nowhere without the files of the service account, or without the address of the API server', async () => {
    await inTemporaryFolder(async (root) => {
      expect(await connect({ serviceAccountRoot: root })).toBeUndefined();
      await mountServiceAccount(root, '');
      for (const name of variables) delete process.env[name];
      expect(await connect({ serviceAccountRoot: root })).toBeUndefined();
    });
  });
});
