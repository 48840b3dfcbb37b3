import type { ServeFlags } from '../../src/commands/serveFlags.js';

/** Flags of `serve` with a cluster, none of which a test is about. */
export const plainFlags: ServeFlags = {
  admissionAddress: '127.0.0.1:0',
  operationsAddress: '127.0.0.1:0',
  defaultPolicy: 'default',
  serverName: [],
  clientName: [],
  webhookConfiguration: 'podtemper',
  authorityLife: 365,
  certificateLife: 30,
  cluster: true,
  events: true,
  mode: 'warn',
  logLevel: 'info',
  drainDelay: 0,
  drainDeadline: 0,
};
