import type { V1Pod } from '@kubernetes/client-node';
import { StatusError } from '../../cluster/exchange.js';
import { annotationKeys } from '../../kubernetes.js';
import type { Installation, Trial } from '../installation.js';
import { type Reading, unread } from '../reading.js';
import { type TrialPlace, trialPlaces, trialPod, verdictOf } from '../trial.js';
import { attempt } from './attempt.js';
import { ask, type ReadingConnection } from './objects.js';

/** Each may take as long as the API server waits for a webhook. */
const mostTrials = 3;

/** What came of a pod by dry run, in the first namespace in which that says something of podtemper. */
export async function readTrial(
  connection: Pick<ReadingConnection, 'write'>,
  installation: Omit<Installation, 'trial'>,
): Promise<Reading<Trial>> {
  const places = trialPlaces(installation).slice(0, mostTrials);
  const trials: Reading<Trial>[] = [];
  for (const place of places) {
    const trial = await attempt(() => tryPod(connection, place));
    if (verdictOf({ ...installation, trial }).kind === 'found') return trial;
    trials.push(trial);
  }
  return trials[0] ?? unread('no namespace is in mode enforce');
}

/** Creates a pod by dry run: the API server calls all that it would call, and stores nothing. */
async function tryPod(connection: Pick<ReadingConnection, 'write'>, place: TrialPlace): Promise<Trial> {
  const path = `/api/v1/namespaces/${place.namespace}/pods?dryRun=All`;
  try {
    const created = await ask<V1Pod>(connection, path, { apiVersion: 'v1', kind: 'Pod', ...trialPod });
    const isHardened = created.metadata?.annotations?.[annotationKeys.hardened] !== undefined;
    return { ...place, isHardened, refusal: undefined };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { ...place, isHardened: false, refusal: error.message };
  }
}
