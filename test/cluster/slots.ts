import { type Server, createServer } from 'node:net';

/** A service range and ports that no other control plane on this machine uses. */
export interface Slot {
  /** /24 in the loopback range, so that a process can listen on a Service's ClusterIP. */
  serviceRange: string;
  ports: { etcd: number; etcdPeer: number; apiServer: number; controllerManager: number };
  /** Gives the slot back. */
  release(): Promise<void>;
}

const slotCount = 256;
/** Below the kernel's ephemeral range (32768 and up): no outgoing connection takes a port meanwhile. */
const firstPort = 20_000;
const portsPerSlot = 4;
/** On the last address of each range, which is never a ClusterIP, a listener marks the slot as taken. */
const claimPort = 19_999;

/** Claims the slot asked for, or the first free one from a random start. The claim ends with this process.
 *  @throws Error when the slot asked for, or every slot, is taken */
export async function claimSlot(wanted?: number): Promise<Slot> {
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 0 && wanted < slotCount)) {
    throw new Error(`slot: expected an integer from 0 to ${slotCount - 1}, found ${wanted}`);
  }
  const start = wanted ?? Math.floor(Math.random() * slotCount);
  const candidates = wanted === undefined ? slotCount : 1;
  for (let offset = 0; offset < candidates; offset += 1) {
    const slot = await tryClaim((start + offset) % slotCount);
    if (slot) return slot;
  }
  throw new Error(
    `slot ${wanted ?? `0 to ${slotCount - 1}`}: expected a free one, found all taken. Stop other runs.`,
  );
}

async function tryClaim(index: number): Promise<Slot | undefined> {
  const claim = await tryListen(`127.99.${index}.255`, claimPort);
  if (!claim) return undefined;
  const base = firstPort + index * portsPerSlot;
  for (let port = base; port < base + portsPerSlot; port += 1) {
    const probe = await tryListen('127.0.0.1', port);
    if (!probe) {
      await close(claim);
      return undefined;
    }
    await close(probe);
  }
  return {
    serviceRange: `127.99.${index}.0/24`,
    ports: { etcd: base, etcdPeer: base + 1, apiServer: base + 2, controllerManager: base + 3 },
    release: () => close(claim),
  };
}

/** A listener that does not keep the process alive; undefined when the address is taken. */
function tryListen(host: string, port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => resolve(server.unref()));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
