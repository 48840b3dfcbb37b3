import { z } from 'zod';
import { barePod, dryRun, modeLabel } from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation } from './installation.js';
import { waitUntil } from './waiting.js';

const json = z.record(z.string(), z.unknown());
const texts = z.record(z.string(), z.string());

/** What is set up in a namespace. */
export const setupSchema = z.strictObject({
  labels: texts.default({}),
  annotations: texts.default({}),
  /** The limits of each. */
  limitRanges: z.array(z.array(json)).default([]),
  /** The spec of each. */
  quotas: z.array(json).default([]),
  /** Names of those beside `default`. */
  serviceAccounts: z.array(z.string()).default([]),
});
export type Setup = z.input<typeof setupSchema>;

/** Two namespaces of the same set-up. */
export interface Pair {
  plain: string;
  optedIn: string;
}

/** Namespaces in which pods are created with and without us. They go when the installation goes. */
export class NamespacePairs {
  readonly #cluster: Cluster;
  readonly #installation: Installation;
  /** By the set-up as JSON. */
  readonly #pairs = new Map<string, Promise<Pair>>();

  constructor(cluster: Cluster, installation: Installation) {
    [this.#cluster, this.#installation] = [cluster, installation];
  }

  /** The pair with this set-up, made at the first call. `mode` is that of the one which has opted in. */
  pairFor(setup: Setup, mode = 'enforce'): Promise<Pair> {
    const key = JSON.stringify([setup, mode]);
    const pair = this.#pairs.get(key) ?? this.#createPair(this.#pairs.size, setup, mode);
    this.#pairs.set(key, pair);
    return pair;
  }

  async #createPair(number: number, setup: Setup, mode: string): Promise<Pair> {
    return {
      plain: await this.#create(`plain-${number}`, setup),
      optedIn: await this.#create(`opted-in-${number}`, setup, { [modeLabel]: mode }),
    };
  }

  async #create(title: string, setup: Setup, labels: Record<string, string> = {}): Promise<string> {
    const { labels: own, annotations, limitRanges = [], quotas = [], serviceAccounts = [] } = setup;
    const name = await this.#installation.createNamespace(title, { ...own, ...labels });
    const path = `/api/v1/namespaces/${name}`;
    const create = (resource: string, index: number, spec: unknown) =>
      this.#cluster.requestOk('POST', `${path}/${resource}`, { metadata: { name: `bounds-${index}` }, spec });
    if (annotations) await this.#cluster.requestOk('PATCH', path, { metadata: { annotations } });
    for (const [index, limits] of limitRanges.entries()) await create('limitranges', index, { limits });
    for (const [index, quota] of quotas.entries()) await create('resourcequotas', index, quota);
    for (const account of serviceAccounts)
      await this.#cluster.requestOk('POST', `${path}/serviceaccounts`, { metadata: { name: account } });
    return name;
  }

  /** Waits until API server and webhook know the LimitRanges and quotas of all pairs. They hear of each kind in the
   *  order in which it was made: whoever knows the last one knows all of them. */
  async settle(): Promise<void> {
    await this.#settleLimitRanges();
    await this.#settleQuotas();
  }

  async #settleLimitRanges(): Promise<void> {
    const { plain, optedIn } = await this.pairFor({
      labels: { last: 'yes' },
      limitRanges: [[{ type: 'Pod', max: { memory: '1Gi' } }]],
    });
    await waitUntil('the API server to know the LimitRanges', async () => {
      return (await dryRun(this.#cluster, plain, podOf(limited('2Gi')))).status === 403;
    });
    await this.#waitForWarning(
      'the webhook to know the LimitRanges',
      [optedIn, podOf(limited('900Mi'), ...barePod.spec.containers)],
      'without resources.limits.memory',
    );
  }

  /** Quotas count only when the controller has given them a status. */
  async #settleQuotas(): Promise<void> {
    const { plain, optedIn } = await this.pairFor({
      labels: { last: 'yes' },
      quotas: [{ hard: { pods: '0' }, scopes: ['NotBestEffort'] }],
    });
    for (const namespace of [plain, optedIn]) {
      await waitUntil('the API server to know the quotas', async () => {
        const { status, body } = await dryRun(this.#cluster, namespace, podOf(limited('1Mi')));
        return status === 403 && JSON.stringify(body).includes('exceeded quota');
      });
    }
    await this.#waitForWarning(
      'the webhook to know the quotas',
      [optedIn, barePod],
      'without resources: the pod would cease to be BestEffort',
    );
  }

  async #waitForWarning(what: string, [namespace, pod]: [string, unknown], warning: string): Promise<void> {
    await waitUntil(what, async () => {
      const { warnings } = await dryRun(this.#cluster, namespace, pod);
      return warnings.some((text) => text.includes(warning));
    });
  }
}

const limited = (memory: string) => ({ name: 'limited', image: 'app', resources: { limits: { memory } } });
const podOf = (...containers: object[]) => ({ ...barePod, spec: { containers } });
