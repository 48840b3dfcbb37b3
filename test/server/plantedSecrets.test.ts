import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { plainPod, reviewOf } from '../admission/reviews.js';
import { send } from './client.js';
import { cleanUp, serve } from './program.js';

jest.setTimeout(30_000);
afterAll(cleanUp);

/** Short, so that not even a few characters around a fault may show it. */
const secret = 'hunter2';

const withContainer = (fields: object) => ({
  ...plainPod,
  spec: { containers: [{ name: 'app', image: 'registry.example/app:1', ...fields }] },
});

/** Pods that hold a secret, well-formed ones and others. */
const pods: [string, object][] = [
  ['an environment value', withContainer({ env: [{ name: 'PASSWORD', value: secret }] })],
  ['an argument', withContainer({ command: ['app'], args: [`--password=${secret}`] })],
  ['a command that findings are made of', withContainer({ command: ['/usr/sbin/sshd', '-o', secret] })],
  [
    'an environment value of a privileged container',
    withContainer({ securityContext: { privileged: true }, env: [{ name: 'A', value: secret }] }),
  ],
  ['a lifecycle command', withContainer({ lifecycle: { postStart: { exec: { command: [secret] } } } })],
  [
    'an annotation of others',
    { ...plainPod, metadata: { ...plainPod.metadata, annotations: { token: secret } } },
  ],
  ['an environment of a wrong type', withContainer({ env: secret })],
  ['an environment value of a wrong type', withContainer({ env: [{ name: 'A', value: { secret } }] })],
  ['an environment value that is a number', withContainer({ env: [{ name: 'A', value: 4815162342 }] })],
  ['an environment variable of a wrong type', withContainer({ env: [secret] })],
  ['arguments of a wrong type', withContainer({ args: secret })],
  ['an argument of a wrong type', withContainer({ args: [{ secret }] })],
  ['a port of a wrong type', withContainer({ ports: [{ containerPort: secret }] })],
  ['containers of a wrong type', { ...plainPod, spec: { containers: secret } }],
  ['a container of a wrong type', { ...plainPod, spec: { containers: [secret] } }],
  ['a security context of a wrong type', withContainer({ securityContext: secret })],
];

/** Bodies that are no JSON, broken near a secret. */
const whole = reviewOf(withContainer({ env: [{ name: 'PASSWORD', value: secret }] }));
const broken: [string, string][] = [
  ['cut within it', whole.slice(0, whole.indexOf(secret) + 4)],
  ['cut after it', whole.slice(0, whole.indexOf(secret) + secret.length)],
  ['without quotes', whole.replace(`"${secret}"`, secret)],
  ['with a stray character behind it', whole.replace(`"${secret}"`, `"${secret}"x`)],
  ['that is nothing else', secret],
  ['that is a text', JSON.stringify(secret)],
  ['that is a list', JSON.stringify([secret])],
];

describe('a secret', () => {
  it('stands in no line of the log, at level debug, nor in a metric, whatever is wrong with the body', async () => {
    const serving = await serve(['--log-level=debug', '--mode=enforce']);
    for (const [title, pod] of pods) {
      const { status } = await send(serving, { body: reviewOf(pod) });
      expect([title, status]).toEqual([title, 200]);
    }
    for (const [title, body] of broken) {
      const { status } = await send(serving, { body });
      expect([title, status]).toEqual([title, 400]);
    }
    await send(serving, { body: whole, headers: { authorization: `Bearer ${secret}` } });
    await send(serving, { body: whole, headers: { 'content-type': `text/${secret}` } });
    await fetch(`${serving.operationsUrl}/preview`, { method: 'POST', body: whole });
    const page = await (await fetch(`${serving.operationsUrl}/metrics`)).text();
    serving.child.kill('SIGTERM');
    await serving.ended;
    const lines = serving.log();
    expect(lines.length).toBeGreaterThan(pods.length);
    const telling = lines.filter((line) => /hunt|4815162342/.test(JSON.stringify(line)));
    expect(telling).toEqual([]);
    expect(serving.errors()).not.toContain(secret);
    expect(page).not.toContain(secret);
  });
});
