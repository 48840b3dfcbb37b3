import { type AddressInfo, type Server, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Endpoint, type TcpProxy, startProxy } from './tcpProxy.js';

const loopback = '127.0.0.1';
const opened: (Server | TcpProxy)[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** A server that answers with its name and what it was sent. */
async function startNamed(name: string): Promise<Endpoint> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    socket.on('end', () => socket.end(`${name}: ${received}`));
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  return { host: loopback, port: (server.address() as AddressInfo).port };
}

/** Sends a text, ends its side, and gives what came back. */
function ask({ host, port }: Endpoint, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('end', () => resolve(received)).on('error', reject);
    socket.end(text);
  });
}

async function proxyTo(...targets: Endpoint[]): Promise<TcpProxy> {
  const proxy = await startProxy({ host: loopback, port: 0, targets });
  opened.push(proxy);
  return proxy;
}

describe('startProxy', () => {
  it('takes the targets in turn', async () => {
    const { address } = await proxyTo(await startNamed('a'), await startNamed('b'));
    const answers = [await ask(address, '1'), await ask(address, '2'), await ask(address, '3')];
    expect(answers).toEqual(['a: 1', 'b: 2', 'a: 3']);
  });

  it('passes by a target that refuses', async () => {
    const closed = await proxyTo();
    await closed.close();
    opened.pop();
    const { address } = await proxyTo(closed.address, await startNamed('b'));
    expect([await ask(address, '1'), await ask(address, '2')]).toEqual(['b: 1', 'b: 2']);
  });

  it('resets the connection when there is no target, and works once there is one', async () => {
    const proxy = await proxyTo();
    await expect(ask(proxy.address, '1')).rejects.toThrow('ECONNRESET');
    proxy.setTargets([await startNamed('a')]);
    expect(await ask(proxy.address, '2')).toBe('a: 2');
  });

  it('cuts open connections when it closes', async () => {
    const proxy = await proxyTo(await startNamed('a'));
    const socket = connect(proxy.address);
    const ended = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    await proxy.close();
    opened.splice(opened.indexOf(proxy), 1);
    await ended;
  });
});
