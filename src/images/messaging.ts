import type { ImageRecord } from './record.js';

/** Message brokers, and what they are coordinated by. */
export const messaging: readonly ImageRecord[] = [
  {
    repositories: ['docker.io/apache/kafka'],
    sources: ['apache/kafka@1eb7644:docker, bin/kafka-server-start.sh'],
    variants: [
      {
        runAsUser: 1000,
        dataPaths: ['/var/lib/kafka/data'],
        // The configuration is made anew from the environment, so that an empty directory is right.
        writablePaths: ['/opt/kafka/config', '/opt/kafka/logs'],
        cannot: { resources: 'its heap alone takes the default limit of memory' },
        advice: 'Set KAFKA_HEAP_OPTS, or a memory limit above 1Gi.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/zookeeper'],
    sources: ['31z4/zookeeper-docker@52a8364'],
    variants: [
      {
        from: '3.9',
        runAsUser: 1000,
        runAsGroup: 1000,
        dataPaths: ['/data', '/datalog', '/logs'],
        writablePaths: ['/conf'],
        stepsDown: true,
        cannot: { resources: 'its heap alone takes the default limit of memory' },
        advice: 'Set ZK_SERVER_HEAP, or a memory limit above 1Gi; logback.xml of the image is hidden.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/rabbitmq'],
    sources: ['docker-library/rabbitmq@9193c1d:4.3'],
    variants: [
      {
        tags: ['*alpine*'],
        runAsUser: 100,
        runAsGroup: 101,
        dataPaths: ['/var/lib/rabbitmq', '/var/log/rabbitmq'],
        stepsDown: true,
      },
      {
        runAsUser: 999,
        runAsGroup: 999,
        dataPaths: ['/var/lib/rabbitmq', '/var/log/rabbitmq'],
        stepsDown: true,
        advice: 'Enabling plugins while it runs writes to /etc/rabbitmq.',
      },
    ],
  },
  {
    repositories: ['docker.io/library/nats'],
    sources: ['nats-io/nats-docker@aa0caa5'],
    variants: [{ advice: 'The directory of JetStream must be on a volume that it can write to.' }],
  },
  {
    repositories: ['docker.io/library/eclipse-mosquitto'],
    sources: ['eclipse-mosquitto/mosquitto@7b8aba1:docker'],
    variants: [
      {
        from: '2.1',
        runAsUser: 1883,
        runAsGroup: 1883,
        dataPaths: ['/mosquitto/data', '/mosquitto/log'],
        stepsDown: true,
      },
    ],
  },
];
