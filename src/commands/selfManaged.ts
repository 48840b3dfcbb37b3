import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Lifetimes } from '../certificates/authorities.js';
import { startSelfManaged } from '../certificates/selfManaged.js';
import { type SelfManaged, selfManagedSteps } from '../certificates/selfManagedOptions.js';
import { untimely } from '../certificates/source.js';
import type { ClusterConnection } from '../cluster/connection.js';
import { type Fault, worsen } from '../cluster/fault.js';
import { LeaderElection } from '../cluster/leaderElection.js';
import { watchObject } from '../cluster/objectWatch.js';
import { secretStore } from '../cluster/secretStore.js';
import { systemTiming, type Timing } from '../cluster/timing.js';
import { webhookPaths, webhookRegistration } from '../cluster/webhookRegistration.js';
import { messageOf } from '../errors.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import { registerSelfManagedMetrics } from '../telemetry/selfManagedMetrics.js';
import type { ObjectName } from './serveFlags.js';

/** What is shared, and for whom. */
export interface SharedCertificateOptions {
  readonly connection: ClusterConnection;
  /** The Secret in which the authority is kept; the Lease of whoever leads has its name too. */
  readonly secret: ObjectName;
  /** Name of the MutatingWebhookConfiguration and the ValidatingWebhookConfiguration. */
  readonly webhookConfiguration: string;
  readonly names: readonly string[];
  readonly lifetimes: Lifetimes;
  /** The machine's if left out. */
  readonly timing?: Timing;
}

/** A certificate of an authority that the replicas share, and how it stands with it. */
export interface SharedCertificate {
  readonly source: SelfManaged;
  /** What readiness says of it: `ok` and more where something cannot be done now, or what is waited for. */
  readonly state: () => string;
}

const steps = [...selfManagedSteps, 'lease'] as const;
type Step = (typeof steps)[number];

/** What a failure means to whoever reads the log. */
const failureMessages: Readonly<Record<Step, string>> = {
  secret: 'authority not shared, the last good certificate goes on serving',
  caBundle: 'caBundle not checked, the last one stays',
  lease: 'lease not renewed, another replica may lead',
};

/** Starts to share an authority with the other replicas, and to have the API server trust it. How it fares is in the
 *  log and in the metrics.
 *  @throws CertificateError when a name is neither a DNS name nor an IP address */
export function shareCertificate(
  options: SharedCertificateOptions,
  log: Log,
  metrics: Metrics,
): SharedCertificate {
  const { connection, secret, webhookConfiguration, names, lifetimes, timing = systemTiming } = options;
  const faults = new Faults(log, timing, (step) => countFailure(step));
  const store = secretStore(connection, secret.namespace, secret.name);
  const registration = webhookRegistration(connection, webhookConfiguration, (kind) =>
    log.info('caBundle written', {
      component: 'certificates',
      configuration: `${kind} ${webhookConfiguration}`,
    }),
  );
  const election = new LeaderElection({
    connection,
    ...secret,
    identity: `${hostname()}_${randomUUID()}`,
    timing,
    clock: () => new Date(),
    onChange: (isLeading) => {
      log.info(isLeading ? 'leading' : 'no longer leading', { component: 'certificates' });
      source.look();
    },
    onTry: (error) => faults.note('lease', error),
  });
  const countFailure = registerSelfManagedMetrics(metrics.registry, {
    steps,
    authorityEnd: () => source.authorityEnd().getTime() / 1000,
    isLeading: () => election.isLeading(),
  });
  const source = startSelfManaged({
    names,
    lifetimes,
    store,
    registration,
    isLeading: () => election.isLeading(),
    timing,
    clock: () => new Date(),
    onStep: (step, error) => faults.note(step, error),
  });
  election.start();
  const watched = [
    { path: `/api/v1/namespaces/${secret.namespace}/secrets`, name: secret.name },
    ...webhookPaths.map((path) => ({ path, name: webhookConfiguration })),
  ];
  const ends = watched.map((object) => watchObject(connection, object, timing, () => source.look()));
  const close = source.close.bind(source);
  source.close = () => {
    close();
    for (const end of ends) end();
    void election.stop();
  };
  const state = () => stateOf(source, { secret: store.where, configuration: webhookConfiguration }, faults);
  return { source, state };
}

function stateOf(
  source: SelfManaged,
  where: { readonly secret: string; readonly configuration: string },
  faults: Faults,
): string {
  const refusal = untimely(source.current(), new Date());
  if (refusal !== undefined) return `${refusal}${faults.describe()}`;
  if (!source.isShared()) return `waiting for ${where.secret}${faults.describe()}`;
  if (!source.isTrusted()) return `waiting for the caBundle of ${where.configuration}${faults.describe()}`;
  return faults.describe() === '' ? 'ok' : `ok: the last good certificate serves${faults.describe()}`;
}

/** What fails now, step by step: a line in the log when it begins, when the cause changes and when it is over. */
class Faults {
  readonly #log: Log;
  readonly #timing: Timing;
  readonly #count: (step: Step) => void;
  readonly #faults = new Map<Step, Fault>();

  constructor(log: Log, timing: Timing, count: (step: Step) => void) {
    this.#log = log;
    this.#timing = timing;
    this.#count = count;
  }

  /** How a step went; well where there is no error. */
  note(step: Step, error: unknown): void {
    const known = this.#faults.get(step);
    if (error === undefined) return this.#noteSuccess(step, known);
    const [fault, isRepeated] = worsen(known, error, this.#timing.now());
    this.#faults.set(step, fault);
    this.#count(step);
    const fields = { component: 'certificates', step, error: messageOf(error) };
    this.#log[isRepeated ? 'debug' : 'warn'](failureMessages[step], fields);
  }

  /** `; ` and each cause once. */
  describe(): string {
    const causes = [...this.#faults.values()].map(({ error }) => `; ${messageOf(error)}`);
    return [...new Set(causes)].join('');
  }

  #noteSuccess(step: Step, known: Fault | undefined): void {
    if (known === undefined) return;
    this.#faults.delete(step);
    const afterSeconds = Math.round((this.#timing.now() - known.since) / 1000);
    this.#log.info('succeeds again', { component: 'certificates', step, afterSeconds });
  }
}
