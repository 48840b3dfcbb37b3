import { readFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { commandOutput } from '../commands.js';
import { waitUntil } from '../waiting.js';
import { type WebhookProcess } from '../webhookProcess.js';
import { type Fault } from './fault.js';
import { startAttack } from './load/attack.js';

/** Of a server, if not told otherwise (server/admission.ts). */
const maxConnections = 4000;
/** How long what was closed may take to be seen: less than a silent connection has, which is 20 s. */
const settleSeconds = 5;
/** What a process needs besides the connections. */
const otherFiles = 200;

export const idleConnections: Fault = {
  title: 'idle connections',
  how: 'TLS connections to one replica on which nothing is asked; 10,000 of them with `make faults`, else 5000',
  why: 'not proven: most likely the handshakes of client and server, which share the processors with all the rest',
  async inject({ controlPlane, installation, isThorough }) {
    const [victim] = installation.processes;
    if (!victim) throw new Error('replicas: expected two, found none');
    const wanted = isThorough ? 10_000 : 5000;
    await requireOpenFiles(wanted + otherFiles);
    const before = await residentMebibytes(victim);
    const { host, port } = victim.admission;
    const attack = startAttack(controlPlane.directory, 'idleConnections', [
      host,
      `${port}`,
      `${wanted}`,
      `${maxConnections}`,
    ]);
    try {
      await attack.until('opened', 300);
      await waitUntil(
        `at most ${maxConnections} connections in the metrics of the replica`,
        async () => (await openConnections(victim)) <= maxConnections,
        { timeoutSeconds: settleSeconds },
      );
      const { established = 0, dropped = 0, timedOut = 0 } = await attack.until('bounded', settleSeconds);
      const after = await residentMebibytes(victim);
      expect(established).toBeGreaterThan(maxConnections);
      // Without the bound, all that closes a connection is the time that a request may take.
      expect(dropped).toBeGreaterThan(0);
      const open = established - dropped - timedOut;
      return {
        seen: `${established} were opened, ${open} are kept; memory went from ${before} to ${after} MiB`,
        accountsFor: Infinity,
      };
    } finally {
      await attack.end();
    }
  },
};

/** Node raises its own limit as far as it may.
 *  @throws Error that says how to raise it further */
async function requireOpenFiles(count: number): Promise<void> {
  const limit = (await commandOutput('sh', ['-c', 'ulimit -Hn'])).trim();
  if (limit !== 'unlimited' && Number(limit) < count) {
    throw new Error(
      `open files: expected a hard limit of at least ${count}, found ${limit}. ` +
        `Raise it: ulimit -Hn ${count} as root, or docker run --ulimit nofile=${count}.`,
    );
  }
}

async function openConnections(victim: WebhookProcess): Promise<number> {
  const listeners = await victim.counters('podtemper_connections');
  const admission = listeners.find(({ labels }) => labels['listener'] === 'admission');
  if (admission === undefined)
    throw new Error('podtemper_connections: expected one of admission, found none');
  return admission.value;
}

async function residentMebibytes({ pid }: WebhookProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}
