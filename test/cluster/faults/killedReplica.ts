import { type Fault } from './fault.js';

export const killedReplica: Fault = {
  title: 'SIGKILL of a replica',
  how: 'it is gone without a word; a new process takes its place once it is ready',
  why: 'reviews in flight end with the process, and new connections are refused until the health check has asked again',
  async inject({ installation, stream }) {
    const [victim] = installation.processes;
    if (!victim) throw new Error('replicas: expected two, found none');
    victim.signal('SIGKILL');
    await stream.untilHealthy();
    await installation.replace(victim);
    stream.burst(100);
    return {
      seen: `process ${victim.pid} was killed; the other replica took all creates, then a new one joined it`,
      accountsFor: Infinity,
    };
  },
};
