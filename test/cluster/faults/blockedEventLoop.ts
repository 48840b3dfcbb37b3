import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, timeoutSeconds } from './fault.js';

export const blockedEventLoop: Fault = {
  title: 'event loop blocked for a second',
  how: 'one replica gets SIGSTOP, and SIGCONT a second later: to its callers, a process whose event loop stands still',
  async inject({ installation, stream }) {
    const [victim] = installation.processes;
    if (!victim) throw new Error('replicas: expected two, found none');
    victim.signal('SIGSTOP');
    try {
      stream.burst(100);
      await delay(1000);
    } finally {
      victim.signal('SIGCONT');
    }
    return {
      seen: `what it had been asked it answered afterwards, within the ${timeoutSeconds} s that the API server waits`,
    };
  },
};
