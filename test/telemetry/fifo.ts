import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** A named pipe, as standard output may be one. */
export interface Fifo {
  /** For the one who writes. */
  readonly fileDescriptor: number;
  /** What has been written since the last time, as far as the pipe holds it. */
  readonly read: () => Buffer;
  /** Nobody reads any more. */
  readonly stopReading: () => void;
  readonly close: () => void;
}

/** Opens a pipe from both ends. Of a full one that blocks, each write keeps one of Node's file threads until somebody
 *  reads; of one that does not, it fails with EAGAIN. */
export function openFifo(kind: 'blocking' | 'non-blocking'): Fifo {
  const folder = mkdtempSync(join(tmpdir(), 'podtemper-fifo-'));
  const path = join(folder, 'fifo');
  const { status, stderr } = spawnSync('mkfifo', [path]);
  if (status !== 0) throw new Error(`mkfifo: ${String(stderr)}`);
  // In this order neither waits for the other.
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const fileDescriptor = openSync(path, kind === 'blocking' ? O_WRONLY : O_WRONLY | O_NONBLOCK);
  rmSync(folder, { recursive: true });
  let isReading = true;
  const stopReading = () => {
    if (isReading) closeSync(reader);
    isReading = false;
  };
  return {
    fileDescriptor,
    read: () => readAll(reader),
    stopReading,
    close: () => {
      stopReading();
      closeSync(fileDescriptor);
    },
  };
}

function readAll(fileDescriptor: number): Buffer {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    const bytes = readAvailable(fileDescriptor, chunk);
    if (bytes === 0) return Buffer.concat(chunks);
    chunks.push(Buffer.from(chunk.subarray(0, bytes)));
  }
}

/** 0 where there is nothing to read now. */
function readAvailable(fileDescriptor: number, chunk: Buffer): number {
  try {
    return readSync(fileDescriptor, chunk);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}
