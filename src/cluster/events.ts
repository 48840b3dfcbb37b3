import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { objectAt, textAt } from './apiObjects.js';
import type { ClusterConnection } from './connection.js';
import type { Timing } from './timing.js';

/** An Event that is to be written: what it is about, and what it says. */
export interface ClusterEvent {
  readonly namespace: string;
  readonly subject: Involved;
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

interface Involved {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Why an Event was not written: there was no room, or the API server did not take it. */
export const dropCauses = ['queueFull', 'failed'] as const;
export type DropCause = (typeof dropCauses)[number];

export interface EventWriterOptions {
  readonly connection: Pick<ClusterConnection, 'get' | 'write'>;
  readonly timing: Timing;
  /** The time of day, which Events carry. */
  readonly clock: () => Date;
  readonly onWritten: (event: ClusterEvent) => void;
  /** Of one that failed, with the error. */
  readonly onDropped: (cause: DropCause, error?: unknown) => void;
}

/** Writes Events beside all else, one after the other. */
export interface EventWriter {
  /** Gives it to be written, unless the same was said of the same object a while ago. Never waits, never throws. */
  record(event: ClusterEvent): void;
  stop(): void;
}

/** Events that wait: more than a burst of different workloads, and a few hundred KiB. */
const maxWaiting = 500;
/** One Event an object and message in so long a time. */
const windowMilliseconds = 10 * 60_000;
/** Objects and messages that are remembered. */
const maxRemembered = 10_000;
const requestTimeoutMilliseconds = 5000;

/** Whose controllers look after objects that look after pods: there a person reads the Event. */
const owners: Readonly<Record<string, string>> = {
  'apps/v1 ReplicaSet': 'replicasets',
  'batch/v1 Job': 'jobs',
};

/** A writer of Events; needs create and patch of events, get of ReplicaSets and Jobs. */
export function writeEvents(options: EventWriterOptions): EventWriter {
  return new QueuedEvents(options);
}

class QueuedEvents implements EventWriter {
  readonly #options: EventWriterOptions;
  readonly #waiting: ClusterEvent[] = [];
  /** When each was last said, by object and message. */
  readonly #said = new Map<string, number>();
  /** The objects that look after others, by their UIDs. */
  readonly #above = new Map<string, Involved>();
  readonly #ending = new AbortController();
  #isWriting = false;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  record(event: ClusterEvent): void {
    if (this.#ending.signal.aborted || !this.#isNews(event)) return;
    if (this.#waiting.length >= maxWaiting) return this.#options.onDropped('queueFull');
    this.#waiting.push(event);
    if (!this.#isWriting) void this.#writeAll();
  }

  stop(): void {
    this.#waiting.length = 0;
    this.#ending.abort(new Error('stopped'));
  }

  #isNews(event: ClusterEvent): boolean {
    const now = this.#options.timing.now();
    const key = keyOf(event);
    const last = this.#said.get(key);
    if (last !== undefined && now - last < windowMilliseconds) return false;
    if (this.#said.size >= maxRemembered) this.#forget(now);
    this.#said.delete(key);
    this.#said.set(key, now);
    return true;
  }

  /** What is over; where that is nothing, all: to say something again does no harm. */
  #forget(now: number): void {
    for (const [key, at] of this.#said) if (now - at >= windowMilliseconds) this.#said.delete(key);
    if (this.#said.size >= maxRemembered) this.#said.clear();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        await this.#write(event);
      } catch (error) {
        if (!this.#ending.signal.aborted) this.#options.onDropped('failed', error);
      }
    }
    this.#isWriting = false;
  }

  async #write(event: ClusterEvent): Promise<void> {
    const subject = await this.#personsObject(event);
    const isAbove = subject.uid !== event.subject.uid;
    const final = { ...event, subject };
    // Each rollout and each run has an object of its own; what is above them may have been told already.
    if (isAbove && !this.#isNews(final)) return;
    const name = nameOf(final);
    const path = `/api/v1/namespaces/${event.namespace}/events/${name}?fieldManager=podtemper&force=true`;
    const object = manifestOf(final, name, this.#options.clock());
    await this.#options.connection.write(path, { method: 'PATCH', object }, this.#requestOptions());
    this.#options.onWritten(final);
  }

  /** The Deployment of a ReplicaSet, the CronJob of a Job, else the object itself. */
  async #personsObject({ namespace, subject }: ClusterEvent): Promise<Involved> {
    const { apiVersion, kind, name, uid } = subject;
    const resource = owners[`${apiVersion} ${kind}`];
    if (resource === undefined) return subject;
    const known = this.#above.get(uid);
    if (known !== undefined) return known;
    const path = `/apis/${apiVersion}/namespaces/${namespace}/${resource}/${name}`;
    const above = controllerIn(await this.#options.connection.get(path, this.#requestOptions())) ?? subject;
    if (this.#above.size >= maxRemembered) this.#above.clear();
    this.#above.set(uid, above);
    return above;
  }

  #requestOptions() {
    return { timeoutMilliseconds: requestTimeoutMilliseconds, signal: this.#ending.signal };
  }
}

function controllerIn(object: unknown): Involved | undefined {
  const references = objectAt(object, 'metadata').ownerReferences;
  if (!Array.isArray(references)) return undefined;
  const reference: unknown = references.find((one: unknown) => Object(one).controller === true);
  if (reference === undefined) return undefined;
  const [apiVersion, kind] = [textAt(reference, 'apiVersion'), textAt(reference, 'kind')];
  return { apiVersion, kind, name: textAt(reference, 'name'), uid: textAt(reference, 'uid') };
}

function keyOf({ subject, reason, message }: ClusterEvent): string {
  return createHash('sha256').update(`${subject.uid}\n${reason}\n${message}`).digest('base64');
}

/** The same for the same object and message, whichever replica writes it: so that it is one Event and not several. */
function nameOf(event: ClusterEvent): string {
  const digest = Buffer.from(keyOf(event), 'base64').toString('hex').slice(0, 16);
  return `${event.subject.name.slice(0, 200)}.${digest}`;
}

/** As client-go's recorder makes it, by which `kubectl describe` finds it. */
function manifestOf({ namespace, subject, reason, type, message }: ClusterEvent, name: string, now: Date) {
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: { ...subject, namespace },
    reason,
    type,
    message,
    source: { component: 'podtemper' },
    reportingComponent: 'podtemper',
    reportingInstance: hostname(),
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
