import type { Server } from 'node:https';
import { ReviewService } from '../../src/admission/service.js';
import { createSelfSigned } from '../../src/certificates/selfSigned.js';
import { listen } from '../../src/commands/address.js';
import type { PolicySet } from '../../src/policy/policy.js';
import { createAdmissionServer, type Timeouts } from '../../src/server/admission.js';
import { createHealthApp } from '../../src/server/operations.js';
import { readinessOf } from '../../src/server/readiness.js';
import { policiesOf } from '../admission/plans.js';
import { type RecordedObserver, recordedObserver } from '../admission/recordedObserver.js';
import type { Target } from './client.js';

/** An admission server on a free port, put together as `serve` does it. */
export interface AdmissionServer extends Target {
  readonly server: Server;
  /** What a client must trust. */
  ca: string;
  readonly observer: RecordedObserver;
  /** Errors that no one foresaw. */
  readonly faults: unknown[];
  /** Reviews for which there was no time, turn by turn. */
  readonly refused: number[];
  /** Policies of the next reviews. */
  policies: PolicySet;
  isDraining: boolean;
  readonly close: () => void;
}

interface Options {
  readonly timeouts?: Timeouts;
  /** What answers reviews, if not the real one. */
  readonly answer?: ReviewService['answer'];
  readonly maxConnections?: number;
  readonly maxHeldBytes?: number;
  readonly now?: () => number;
}

/** One authority for all servers of a test file: to make keys takes a while. */
const source = createSelfSigned({ names: ['127.0.0.1'] });
source.close();

export async function startAdmission({ answer, ...options }: Options = {}): Promise<AdmissionServer> {
  const observer = recordedObserver();
  const faults: unknown[] = [];
  const refused: number[] = [];
  const onError = (error: unknown) => void faults.push(error);
  const state = { policies: policiesOf(), isDraining: false };
  const service = new ReviewService({
    policies: () => state.policies,
    facts: undefined,
    unlabelledMode: 'enforce',
    defaultPolicy: 'default',
    now: Date.now,
    observer,
  });
  const server = createAdmissionServer({
    certificate: source.current(),
    service: answer === undefined ? service : { answer },
    fallback: createHealthApp(() => readinessOf({ process: state.isDraining ? 'draining' : 'ok' }), onError),
    onError,
    isDraining: () => state.isDraining,
    onOverload: (reviews) => refused.push(reviews),
    ...options,
  });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 }, 'test');
  const close = () => server.close().closeAllConnections();
  return Object.assign(state, { server, observer, faults, refused, port, ca: source.caBundle, close });
}
