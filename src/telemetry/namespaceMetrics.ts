import { Gauge, type Registry } from 'prom-client';

type Counts = Readonly<Record<string, number>>;

/** How many namespaces there are of each kind. */
interface Census {
  readonly modes: Counts;
  readonly grants: Counts;
  readonly ignoredLabels: Counts;
}

/** Registers how many namespaces opted in, and to what; only a process that has a cluster knows. */
export function registerNamespaceMetrics(registry: Registry, count: () => Census): void {
  const gauge = (name: string, help: string, label: string, read: (census: Census) => Counts): void => {
    const metric: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [kind, namespaces] of Object.entries(read(count())))
          metric.set({ [label]: kind }, namespaces);
      },
    });
  };
  gauge(
    'podtemper_namespaces',
    'Namespaces, by the mode that is in force there; none has not opted in.',
    'mode',
    ({ modes }) => modes,
  );
  gauge(
    'podtemper_opt_out_grants',
    'Namespaces that opted in, by what their pods may opt out of: all that there is (allowed), some or nothing (denied).',
    'grant',
    ({ grants }) => grants,
  );
  gauge(
    'podtemper_namespace_labels_ignored',
    'Namespaces that opted in with a label that means nothing, by the notice that their pods get.',
    'code',
    ({ ignoredLabels }) => ignoredLabels,
  );
}
