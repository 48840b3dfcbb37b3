import { type ControlPlane } from '../controlPlane.js';
import { type Installation } from '../installation.js';
import { type CreateStream } from './createStream.js';

/** How long the API server waits for an answer: as long as the API has it by default. What goes wrong fails at once; that
 *  a machine is busy with all there is on it, the API server among it, is no fault of the webhook's. */
export const timeoutSeconds = 10;

/** What a fault happens to: two replicas with failurePolicy Fail behind a proxy, and pods that are being created. */
export interface Scene {
  controlPlane: ControlPlane;
  installation: Installation;
  /** A namespace that opted in. */
  namespace: string;
  stream: CreateStream;
  /** Whether there is time for the full size of what can be made smaller. */
  isThorough: boolean;
}

/** Something that goes wrong, or is done on purpose, while pods are being created. */
export interface Fault {
  title: string;
  /** What is done, for whoever reads the table. */
  how: string;
  /** Why creates fail, if some do. */
  why?: string;
  /** Does it, and waits until it has taken effect.
   *  @throws where it took no effect, or another than it must */
  inject(scene: Scene): Promise<Effect>;
}

export interface Effect {
  /** What was seen, for the table. */
  seen: string;
  /** How many failed creates it accounts for; none if left out. */
  accountsFor?: number;
  /** The same of those that failed by a reset connection. */
  resets?: number;
}
