import { Counter, Gauge, type Registry } from 'prom-client';

/** What can be told of reading the cluster: resources and verbs as RBAC names them, and how old the facts are. */
export interface FactsView {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Seconds since the API server was last heard of each resource. */
  readonly ages: () => Iterable<readonly [resource: string, seconds: number]>;
}

/** Registers the metrics of the facts about namespaces; only a process that has a cluster has them. Gives what counts
 *  a failure. */
export function registerFactsMetrics(
  registry: Registry,
  { resources, verbs, ages }: FactsView,
): (resource: string, verb: string) => void {
  const registers = [registry];
  const errors = new Counter({
    name: 'podtemper_namespace_facts_errors_total',
    help: 'Requests for facts about namespaces that failed, each retry included.',
    labelNames: ['resource', 'verb'],
    registers,
  });
  for (const resource of resources) for (const verb of verbs) errors.inc({ resource, verb }, 0);
  const age = new Gauge({
    name: 'podtemper_namespace_facts_age_seconds',
    help: 'Time since the API server was last heard of a resource. Up to 90 is normal where nothing changes.',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const [resource, seconds] of ages()) age.set({ resource }, seconds);
    },
  });
  return (resource, verb) => errors.inc({ resource, verb });
}
