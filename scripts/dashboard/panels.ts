/** One query of a panel; `$__rate_interval` is Grafana's. */
export interface Target {
  readonly query: string;
  /** How a series is called: `{{label}}` stands for the value of a label. */
  readonly legend: string;
}

/** One panel of the dashboard. */
export interface Panel {
  readonly title: string;
  /** What it tells, and what to do where it looks odd. */
  readonly tells: string;
  readonly kind: 'stat' | 'timeseries';
  /** A unit of Grafana: `s`, `reqps`, `short`, `dateTimeFromNow`. */
  readonly unit: string;
  readonly targets: readonly Target[];
}

/** The panels, in their order. */
export const panels: readonly Panel[] = [
  {
    title: 'Replicas',
    tells: 'Replicas that are scraped, by version: two versions for long mean a rollout that is stuck.',
    kind: 'stat',
    unit: 'short',
    targets: [{ query: 'count by (version) (podtemper_build_info)', legend: '{{version}}' }],
  },
  {
    title: 'Certificate ends',
    tells: 'The first serving certificate to end. It is renewed after two thirds of its life.',
    kind: 'stat',
    unit: 'dateTimeFromNow',
    targets: [{ query: 'min(podtemper_certificate_expiry_timestamp_seconds) * 1000', legend: 'certificate' }],
  },
  {
    title: 'Authority ends',
    tells: 'The newest authority that the replicas share. There is none where others make the certificate.',
    kind: 'stat',
    unit: 'dateTimeFromNow',
    targets: [
      { query: 'min(podtemper_certificate_authority_expiry_timestamp_seconds) * 1000', legend: 'authority' },
    ],
  },
  {
    title: 'Leaders',
    tells: 'One replica leads. None for long: nobody renews the authority.',
    kind: 'stat',
    unit: 'short',
    targets: [{ query: 'sum(podtemper_leader)', legend: 'leaders' }],
  },
  {
    title: 'Reviews',
    tells: 'Reviews a second, by what they came to.',
    kind: 'timeseries',
    unit: 'reqps',
    targets: [
      {
        query: 'sum by (outcome) (rate(podtemper_reviews_total[$__rate_interval]))',
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: 'Time to answer',
    tells: 'From the whole body to the answer. The API server waits for it.',
    kind: 'timeseries',
    unit: 's',
    targets: [0.5, 0.9, 0.99].map((quantile) => ({
      query: `histogram_quantile(${quantile}, sum by (le) (rate(podtemper_review_duration_seconds_bucket[$__rate_interval])))`,
      legend: `p${quantile * 100}`,
    })),
  },
  {
    title: 'Changes by control',
    tells: 'Containers or pods changed a second, or that would be in the modes warn and audit.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      {
        query:
          'sum by (control) (rate(podtemper_decisions_total{decision=~"change|would_change"}[$__rate_interval]))',
        legend: '{{control}}',
      },
    ],
  },
  {
    title: 'Left alone, by reason',
    tells: 'Why a control did not change what it looked at.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      {
        query:
          'sum by (reason) (rate(podtemper_decisions_total{decision="skip", reason!="notNeeded"}[$__rate_interval]))',
        legend: '{{reason}}',
      },
    ],
  },
  {
    title: 'Found, and not to be mended by a patch',
    tells: 'Fields that advisory controls found, such as a mount of the node or a privileged container.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      {
        query: 'sum by (control) (rate(podtemper_decisions_total{decision="flag"}[$__rate_interval]))',
        legend: '{{control}}',
      },
    ],
  },
  {
    title: 'Namespaces',
    tells: 'Namespaces by the mode in force, and those with a label that means nothing.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      { query: 'max by (mode) (podtemper_namespaces)', legend: '{{mode}}' },
      { query: 'max by (code) (podtemper_namespace_labels_ignored)', legend: '{{code}}' },
    ],
  },
  {
    title: 'Opt-outs in force',
    tells:
      'Namespaces by what they let their pods opt out of, and containers or pods that came opted out, by control.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      { query: 'max by (grant) (podtemper_opt_out_grants)', legend: 'namespaces, {{grant}}' },
      {
        query:
          'sum by (control) (increase(podtemper_decisions_total{decision="skip", reason="optedOut"}[$__rate_interval]))',
        legend: 'opted out of {{control}}',
      },
    ],
  },
  {
    title: 'Opt-outs and notices',
    tells: 'Pods with an opt-out that counts, and labels and annotations that could not be honoured.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      { query: 'sum(rate(podtemper_opted_out_pods_total[$__rate_interval]))', legend: 'opted out' },
      { query: 'sum by (code) (rate(podtemper_notices_total[$__rate_interval]))', legend: '{{code}}' },
    ],
  },
  {
    title: 'Age of the facts about namespaces',
    tells: 'Since the API server was last heard of a resource; up to 90 s is normal where nothing changes.',
    kind: 'timeseries',
    unit: 's',
    targets: [{ query: 'max by (resource) (podtemper_namespace_facts_age_seconds)', legend: '{{resource}}' }],
  },
  {
    title: 'Failures of its own',
    tells: 'Reads of the cluster, steps of sharing the authority, reloads and lines of the log that failed.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      {
        query: 'sum by (resource) (increase(podtemper_namespace_facts_errors_total[$__rate_interval]))',
        legend: 'read {{resource}}',
      },
      {
        query: 'sum by (step) (increase(podtemper_certificate_errors_total[$__rate_interval]))',
        legend: 'share {{step}}',
      },
      {
        query: 'sum(increase(podtemper_policy_reloads_total{result="failed"}[$__rate_interval]))',
        legend: 'policy reload',
      },
      {
        query: 'sum(increase(podtemper_certificate_reloads_total{result="failed"}[$__rate_interval]))',
        legend: 'certificate reload',
      },
      { query: 'sum(increase(podtemper_log_lines_dropped_total[$__rate_interval]))', legend: 'log lines' },
      {
        query: 'sum(increase(podtemper_refused_callers_total[$__rate_interval]))',
        legend: 'callers refused',
      },
    ],
  },
  {
    title: 'Waiting',
    tells: 'Requests that are being answered, and lines that wait for a slow reader of the log.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      { query: 'sum by (listener) (podtemper_requests_in_flight)', legend: 'requests, {{listener}}' },
      { query: 'sum by (listener) (podtemper_connections)', legend: 'connections, {{listener}}' },
      { query: 'sum(podtemper_log_lines_waiting)', legend: 'log lines' },
    ],
  },
  {
    title: 'Event-loop lag',
    tells: 'How late the process gets to what it has to do.',
    kind: 'timeseries',
    unit: 's',
    targets: [
      {
        query: 'max by (instance) (nodejs_eventloop_lag_p99_seconds and on (instance) podtemper_build_info)',
        legend: '{{instance}}',
      },
    ],
  },
  {
    title: 'Memory and processor',
    tells: 'Resident memory in bytes, and processor seconds a second.',
    kind: 'timeseries',
    unit: 'short',
    targets: [
      {
        query: 'process_resident_memory_bytes and on (instance) podtemper_build_info',
        legend: 'memory {{instance}}',
      },
      {
        query: 'rate(process_cpu_seconds_total[$__rate_interval]) and on (instance) podtemper_build_info',
        legend: 'processor {{instance}}',
      },
    ],
  },
];
