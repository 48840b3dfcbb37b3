import type { Container } from '../../kubernetes.js';

/** First port that a process without privileges may bind (ip(7), ip_unprivileged_port_start). */
const firstUnprivilegedPort = 1024;

/** Whether the container declares a port that needs privileges to be bound. */
export function declaresLowPort(container: Container): boolean {
  return (
    container.ports?.some(
      ({ containerPort }) => containerPort > 0 && containerPort < firstUnprivilegedPort,
    ) ?? false
  );
}
