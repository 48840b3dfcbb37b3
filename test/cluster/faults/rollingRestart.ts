import { expect } from '@jest/globals';
import { type Fault } from './fault.js';

export const rollingRestart: Fault = {
  title: 'rolling restart of both replicas',
  how: 'each is replaced as the Deployment does it: a new one is ready, the old one gets SIGTERM and drains',
  async inject({ installation, stream }) {
    const before = installation.processes.map(({ pid }) => pid);
    await installation.rollOver();
    const after = installation.processes.map(({ pid }) => pid);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    stream.burst(100);
    return { seen: `processes ${before.join(' and ')} became ${after.join(' and ')}` };
  },
};
