/** A manifest to start from. */
export interface Example {
  readonly id: string;
  readonly title: string;
  readonly manifests: string;
}

/** What people run, each with something of its own to see. The first is what the page starts with. */
export const examples: readonly [Example, ...Example[]] = [
  {
    id: 'nginx',
    title: 'nginx, as most people write it',
    manifests: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
`,
  },
  {
    id: 'database',
    title: 'A database with a volume',
    manifests: `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: orders
spec:
  serviceName: orders
  selector: { matchLabels: { app: orders } }
  template:
    metadata:
      labels: { app: orders }
    spec:
      containers:
        - name: postgres
          image: postgres:17
          env:
            - name: POSTGRES_PASSWORD
              valueFrom: { secretKeyRef: { name: orders, key: password } }
          ports:
            - containerPort: 5432
          volumeMounts:
            - name: data
              mountPath: /var/lib/postgresql/data
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: 10Gi } }
`,
  },
  {
    id: 'agent',
    title: 'A DaemonSet with host paths',
    manifests: `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: node-agent
spec:
  selector: { matchLabels: { app: node-agent } }
  template:
    metadata:
      labels: { app: node-agent }
    spec:
      hostPID: true
      containers:
        - name: agent
          image: registry.example.com/node-agent:2.4
          volumeMounts:
            - { name: logs, mountPath: /var/log, readOnly: true }
            - { name: runtime, mountPath: /run/containerd/containerd.sock }
      volumes:
        - name: logs
          hostPath: { path: /var/log }
        - name: runtime
          hostPath: { path: /run/containerd/containerd.sock }
`,
  },
  {
    id: 'java',
    title: 'A Java service with a sidecar',
    manifests: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: billing
spec:
  selector: { matchLabels: { app: billing } }
  template:
    metadata:
      labels: { app: billing }
      annotations:
        podtemper.io/writable-paths: /opt/app/cache
    spec:
      initContainers:
        - name: log-shipper # a sidecar: it starts first and goes on running
          image: fluent/fluent-bit:3.2
          restartPolicy: Always
      containers:
        - name: billing
          image: registry.example.com/billing:1.8
          command: [java, -jar, /opt/app/billing.jar]
          ports:
            - containerPort: 8443
          resources:
            requests: { cpu: 500m, memory: 1Gi }
`,
  },
  {
    id: 'bare',
    title: 'A bare pod, in one line',
    manifests: `{ apiVersion: v1, kind: Pod, metadata: { name: web }, spec: { containers: [{ name: web, image: nginx }] } }
`,
  },
];
