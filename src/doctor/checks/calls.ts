import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';
import { mutatingWebhooksOf } from '../webhooks.js';

/** Whether the API server really calls podtemper: a pod is created by dry run. */
export const calls = defineCheck({
  id: 'calls',
  looksAt: 'what becomes of a pod that is created by dry run, in a namespace in mode enforce',
  faults: {
    callFails: { severity: 'error', means: 'no pod can be created in the namespaces that opted in' },
    notHardened: { severity: 'error', means: 'pods are created as they are, and nobody is told' },
  },
  examine(installation) {
    const trial = valueOf(installation.trial);
    if (trial === undefined || trial.isHardened) return [];
    const where = `a pod by dry run in namespace ${trial.namespace}`;
    const advice =
      'what else is found above or below is the likely cause; the log of the API server has its words';
    if (trial.refusal?.includes('failed calling webhook') === true)
      return [{ code: 'callFails', where, expected: 'it to be hardened', found: trial.refusal, advice }];
    // Another webhook, a quota or a policy was faster; or podtemper was told to look at certain pods only.
    const isSelective = mutatingWebhooksOf(installation).some(
      ({ webhook: { objectSelector, matchConditions = [] } }) =>
        matchConditions.length > 0 || Object.keys(objectSelector ?? {}).length > 0,
    );
    if (trial.refusal !== undefined || isSelective) return [];
    return [
      { code: 'notHardened', where, expected: 'it to be hardened', found: 'it came back as it was', advice },
    ];
  },
});
