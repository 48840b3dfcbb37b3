import type { ImageFacts, ImageRecord } from './record.js';

const nodeLogs = "Reading the node's logs may need root: podtemper.io/opt-out: runAsNonRoot.";

const nobody: ImageFacts = { runAsUser: 65534 };

/** Metrics, logs and traces: what gathers, keeps and shows them. */
export const observability: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/grafana/grafana'],
    sources: ['grafana/grafana@78515af', 'grafana/grafana@0775453:packaging/docker/run.sh'],
    variants: [
      {
        runAsUser: 472,
        fsGroup: 472,
        dataPaths: ['/var/lib/grafana'],
        writablePaths: ['/var/log/grafana'],
        advice: 'GF_AWS_PROFILES writes below /usr/share/grafana.',
      },
    ],
  },
  {
    repositories: ['docker.io/grafana/loki'],
    sources: ['grafana/loki@65e30f8:cmd/loki'],
    variants: [{ runAsUser: 10001, runAsGroup: 10001, dataPaths: ['/loki'] }],
  },
  {
    repositories: ['docker.io/grafana/tempo'],
    sources: ['grafana/tempo@ad33aa8:cmd/tempo'],
    variants: [{ runAsUser: 10001, runAsGroup: 10001, dataPaths: ['/var/tempo'] }],
  },
  {
    repositories: ['docker.io/prom/prometheus', 'quay.io/prometheus/prometheus'],
    sources: ['prometheus/prometheus@d15adb9'],
    variants: [
      { tags: ['*distroless*'], runAsUser: 65532, dataPaths: ['/prometheus'] },
      { ...nobody, dataPaths: ['/prometheus'] },
    ],
  },
  {
    repositories: ['docker.io/prom/alertmanager', 'quay.io/prometheus/alertmanager'],
    sources: ['prometheus/alertmanager@68fb2d5'],
    variants: [{ ...nobody, dataPaths: ['/alertmanager'] }],
  },
  {
    repositories: ['docker.io/prom/node-exporter', 'quay.io/prometheus/node-exporter'],
    sources: ['prometheus/node_exporter@a7dcc3a'],
    variants: [{ ...nobody, advice: 'It needs the namespaces of the host by design.' }],
  },
  {
    repositories: ['registry.k8s.io/kube-state-metrics/kube-state-metrics'],
    sources: ['kubernetes/kube-state-metrics@c92fe0c'],
    variants: [nobody],
  },
  {
    repositories: ['registry.k8s.io/metrics-server/metrics-server'],
    sources: ['kubernetes-sigs/metrics-server@5ed5d3a'],
    variants: [nobody],
  },
  {
    repositories: ['docker.io/jaegertracing/jaeger'],
    sources: ['jaegertracing/jaeger@8498073:cmd/jaeger'],
    variants: [{ from: '2', runAsUser: 10001 }],
  },
  {
    repositories: [
      'docker.io/otel/opentelemetry-collector',
      'docker.io/otel/opentelemetry-collector-contrib',
      'ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector',
      'ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib',
    ],
    sources: ['open-telemetry/opentelemetry-collector-releases@ceccc19'],
    variants: [{ runAsUser: 10001, runAsGroup: 10001 }],
  },
  {
    repositories: ['docker.io/library/telegraf'],
    sources: ['influxdata/influxdata-docker@d457cb9'],
    variants: [
      {
        stepsDown: true,
        advice: 'Ping and ports below 1024 work only as root, which sets its capabilities.',
      },
    ],
  },
  {
    repositories: ['docker.io/timberio/vector'],
    sources: ['vectordotdev/vector@c3445d4'],
    variants: [{ dataPaths: ['/var/lib/vector'], advice: nodeLogs }],
  },
  {
    repositories: ['docker.io/fluent/fluent-bit'],
    sources: ['fluent/fluent-bit@d55459d:dockerfiles'],
    variants: [{ advice: `Its buffers and databases must be on volumes. ${nodeLogs}` }],
  },
  {
    repositories: ['docker.io/fluent/fluentd'],
    sources: ['fluent/fluentd-docker-image@426b4a1'],
    variants: [
      {
        tags: ['*debian*'],
        from: '1.19',
        runAsUser: 999,
        dataPaths: ['/fluentd/log'],
        cannot: {
          readOnlyRootFilesystem:
            'Ruby refuses a /tmp without the sticky bit, which an emptyDir does not have',
        },
        advice: nodeLogs,
      },
    ],
  },
  {
    repositories: ['docker.io/library/logstash', 'docker.elastic.co/logstash/logstash'],
    sources: ['elastic/dockerfiles@0bbe2f0', 'elastic/logstash@02d90fd'],
    variants: [
      {
        from: '9',
        runAsUser: 1000,
        dataPaths: ['/usr/share/logstash/data'],
        writablePaths: ['/usr/share/logstash/logs'],
        neverMount: ['/usr/share/logstash/config'],
        cannot: {
          readOnlyRootFilesystem:
            'settings from the environment are written to its config, among files of the image',
          resources: 'its heap alone takes the default limit of memory',
        },
      },
    ],
  },
  {
    repositories: ['docker.io/library/kibana', 'docker.elastic.co/kibana/kibana'],
    sources: ['elastic/dockerfiles@0bbe2f0', 'elastic/cloud-on-k8s@7b93383:pkg/controller/kibana'],
    variants: [
      {
        from: '9',
        runAsUser: 1000,
        dataPaths: ['/usr/share/kibana/data'],
        writablePaths: ['/usr/share/kibana/logs'],
      },
    ],
  },
];
