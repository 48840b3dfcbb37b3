import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import type { Operation } from 'fast-json-patch';
import { answerPreview } from '../../src/commands/previewAnswer.js';
import { openPreview } from '../../src/commands/servePreview.js';
import { type NamespaceFacts, unknownNamespace } from '../../src/kubernetes.js';
import { compilePolicies } from '../../src/policy/policy.js';
import { createOperationsApp } from '../../src/server/operations.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { policyDocument } from '../admission/plans.js';

/** A policy of the webhook's besides the built-in one. */
export const strict = policyDocument('strict', { controls: { runAsNonRoot: { runAsUser: 4242 } } });
const policies = compilePolicies([strict]);

/** What the webhook knows of the cluster. */
const cluster: Record<string, NamespaceFacts> = {
  audited: { ...unknownNamespace('audited'), labels: { 'podtemper.io/mode': 'audit' } },
  strict: {
    ...unknownNamespace('strict'),
    labels: { 'podtemper.io/mode': 'enforce', 'podtemper.io/policy': 'strict' },
  },
};

/** A pod, as YAML. */
export const pod = (metadata = 'name: web') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {${metadata}}\nspec: {containers: [{name: app, image: busybox}]}\n`;

/** The same, as an object. */
export const jsonPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'app', image: 'busybox' }] },
};

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What `POST /preview` answers as JSON, as far as the tests look at it. */
export interface Shown {
  readonly items: {
    readonly kind: string;
    readonly patch: Operation[];
    readonly hardened: { readonly spec: { readonly containers: { readonly securityContext: object }[] } };
  }[];
  readonly faults: object[];
  readonly warnings: object[];
}

/** The page and the preview of a webhook, over HTTP. */
export class PreviewServer {
  readonly #faults: unknown[] = [];
  readonly #server = createServer(
    createOperationsApp({
      readiness: () => ({ isReady: true, parts: {} }),
      metrics: new Metrics([], [], [], '0').registry,
      catalogue: () => [],
      policies: () => [],
      ...openPreview(
        { defaultPolicy: 'default', mode: 'enforce' },
        {
          policies: () => policies,
          facts: { get: (name) => cluster[name], fetch: () => Promise.resolve(undefined) },
        },
        answerPreview,
        fileURLToPath(new URL('../../dist/page', import.meta.url)),
      ),
      onError: (error) => void this.#faults.push(error),
    }),
  );

  async open(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  /** Nothing that a caller sends may have been a fault of ours. */
  close(): void {
    this.#server.close().closeAllConnections();
    expect(this.#faults).toEqual([]);
  }

  async page(): Promise<string> {
    return (await fetch(this.#url('/'))).text();
  }

  /** Sends a body as `curl --data-binary` does, which calls anything a form. */
  async post(body: string, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const response = await fetch(this.#url(`/preview${query}`), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: '*/*', ...headers },
    });
    const { status } = response;
    return { status, headers: Object.fromEntries(response.headers), text: await response.text() };
  }

  async shown(body: string, query = ''): Promise<Shown> {
    const { status, text } = await this.post(body, query);
    expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' });
    return JSON.parse(text) as Shown;
  }

  #url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }
}

/** Expects an answer that says what was wrong, for programs (RFC 9457) and in one line for people. */
export function expectProblem(
  { status, headers, text }: Answer,
  parts: Readonly<Record<string, unknown>>,
): void {
  expect([status, headers['content-type']]).toEqual([400, 'application/problem+json']);
  const problem = JSON.parse(text) as { where: string; detail: string };
  expect(problem).toMatchObject({ status: 400, ...parts });
  expect(problem.detail).toContain(`${problem.where}: expected `);
}
