import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type Fault } from './fault.js';
import { keepAsking, reviewIn } from './directReviews.js';

export const apiServerRestart: Fault = {
  title: 'API server restart',
  how: 'kube-apiserver gets SIGTERM, and is started again two seconds after it has ended',
  why: 'not proven: most likely an API server that has just started keeps all processors busy, and takes more than it can pass on in time',
  async inject({ controlPlane, installation, namespace, stream }) {
    const endAsking = installation.processes.map((replica) => keepAsking(replica, reviewIn(namespace)));
    const unready: unknown[] = [];
    const watch = setInterval(() => {
      for (const replica of installation.processes) {
        replica.readiness().then(
          (readiness) => readiness.ready || unready.push(readiness),
          (error: unknown) => unready.push(error),
        );
      }
    }, 100);
    try {
      await controlPlane.stopApiServer();
      await delay(2000);
      await controlPlane.startApiServer();
      await stream.untilHealthy();
    } finally {
      clearInterval(watch);
      await Promise.all(endAsking.map((end) => end()));
    }
    const answers = await Promise.all(endAsking.map((end) => end()));
    expect(unready).toEqual([]);
    expect(answers.flatMap(({ others }) => others)).toEqual([]);
    const logs = await Promise.all(installation.processes.map((replica) => replica.log()));
    for (const log of logs) {
      expect(log.map(({ msg }) => msg)).toContain('cluster not read, the last known facts are in use');
    }
    const asked = answers.reduce((sum, each) => sum + each.asked, 0);
    return {
      seen: `both replicas stayed ready and hardened all ${asked} pods that they were asked about directly meanwhile`,
      accountsFor: Infinity,
    };
  },
};
