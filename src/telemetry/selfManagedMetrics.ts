import { Counter, Gauge, type Registry } from 'prom-client';

/** What can be told of a certificate whose authority the replicas share. */
export interface SelfManagedView {
  /** What may fail. */
  readonly steps: readonly string[];
  /** When the newest authority ends, as Unix time. */
  readonly authorityEnd: () => number;
  readonly isLeading: () => boolean;
}

/** Registers the metrics of a shared authority; only a process that has one has them. Gives what counts a failure. */
export function registerSelfManagedMetrics(
  registry: Registry,
  { steps, authorityEnd, isLeading }: SelfManagedView,
): (step: string) => void {
  const registers = [registry];
  const errors = new Counter({
    name: 'podtemper_certificate_errors_total',
    help: 'Failures to share the authority (secret), to have it trusted (caBundle) or to know who leads (lease).',
    labelNames: ['step'],
    registers,
  });
  for (const step of steps) errors.inc({ step }, 0);
  const expiry: Gauge = new Gauge({
    name: 'podtemper_certificate_authority_expiry_timestamp_seconds',
    help: 'When the newest authority ends, as Unix time. Its successor is made after two thirds of its life.',
    registers,
    collect() {
      expiry.set(authorityEnd());
    },
  });
  const leader: Gauge = new Gauge({
    name: 'podtemper_leader',
    help: 'Whether this is the replica that renews the authority and keeps the caBundle right.',
    registers,
    collect() {
      leader.set(isLeading() ? 1 : 0);
    },
  });
  return (step) => errors.inc({ step });
}
