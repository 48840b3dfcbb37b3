import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';

/** What the process itself says of its parts. */
export const readiness = defineCheck({
  id: 'readiness',
  looksAt: 'what /readyz of a replica says, part by part',
  faults: {
    notReady: { severity: 'error', means: 'the replica is taken out of service' },
    degraded: {
      severity: 'warning',
      means: 'the replica goes on with what it last had; a restart might not succeed',
    },
  },
  examine({ namespace, served }) {
    const parts = valueOf(served)?.readiness ?? {};
    return Object.entries(parts).flatMap(([part, text]) => {
      const isReady = text === 'ok' || text.startsWith('ok:');
      // `ok: none` is what there is to say where there is no cluster.
      if (text === 'ok' || text === 'ok: none') return [];
      return [
        {
          code: isReady ? ('degraded' as const) : ('notReady' as const),
          where: `/readyz: ${part}`,
          expected: 'ok',
          found: isReady ? text.slice('ok: '.length) : text,
          advice: `set right what it names; its log has more: kubectl -n ${namespace} logs`,
        },
      ];
    });
  },
});
