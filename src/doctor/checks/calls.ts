import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';
import { verdictOf } from '../trial.js';

/** Whether the API server really calls podtemper: a pod is created by dry run. */
export const calls = defineCheck({
  id: 'calls',
  looksAt:
    'what becomes of a pod that is created by dry run, in a namespace in mode enforce whose policy changes it',
  faults: {
    callFails: { severity: 'error', means: 'no pod can be created in the namespaces that opted in' },
    notHardened: { severity: 'error', means: 'pods are created as they are, and nobody is told' },
  },
  examine(installation) {
    const trial = valueOf(installation.trial);
    const verdict = valueOf(verdictOf(installation));
    if (trial === undefined || verdict === undefined || verdict === 'hardened') return [];
    const where = `a pod by dry run in namespace ${trial.namespace}`;
    const expected = 'it to be hardened';
    const advice =
      'what else is found above or below is the likely cause; the log of the API server has its words';
    return [{ code: verdict, where, expected, found: trial.refusal ?? 'it came back as it was', advice }];
  },
});
