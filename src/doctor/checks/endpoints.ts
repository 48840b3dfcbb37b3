import { defineCheck } from '../finding.js';
import { valueOf } from '../reading.js';

/** Whether anybody stands behind the Service. */
export const endpoints = defineCheck({
  id: 'endpoints',
  looksAt: 'the ready addresses behind the Service',
  faults: {
    noEndpoints: { severity: 'error', means: 'whatever the API server sends to the Service is refused' },
  },
  examine({ name, namespace, service, endpointSlices }) {
    const slices = valueOf(endpointSlices);
    const value = valueOf(service);
    if (slices === undefined || value === undefined) return [];
    const all = slices.flatMap((slice) => slice.endpoints ?? []);
    // As EndpointSlice has it: what does not say whether it is ready is.
    const ready = all.filter(({ conditions }) => conditions?.ready !== false);
    if (ready.length > 0) return [];
    return [
      {
        code: 'noEndpoints',
        where: `Service ${namespace}/${value.metadata?.name}`,
        expected: 'one ready address at least',
        found: all.length === 0 ? 'no address at all' : `${all.length}, of which none is ready`,
        advice: `see why its pods are not ready: kubectl -n ${namespace} describe pods -l app.kubernetes.io/instance=${value.metadata?.labels?.['app.kubernetes.io/instance'] ?? name}`,
      },
    ];
  },
});
