import type { Container } from '../../kubernetes.js';
import type { Context } from './context.js';

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

/** Whether the container listens on such a port: it declares one, or its image is known to. */
export function listensOnLowPort(container: Container, context: Context): boolean {
  return declaresLowPort(container) || context.known(container).lowPorts.length > 0;
}
