import * as z from 'zod';

const labels = z.record(z.string(), z.string());
const selector = z
  .object({
    matchLabels: labels.nullish(),
    matchExpressions: z
      .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
      .nullish(),
  })
  .nullish();
const port = z.object({
  protocol: z.string().nullish(),
  port: z.union([z.number(), z.string()]).nullish(),
  endPort: z.number().nullish(),
});
const peer = z.object({
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).nullish() }).nullish(),
});
const egressRule = z.object({ to: z.array(peer).nullish(), ports: z.array(port).nullish() });

const schema = z.object({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  spec: z.object({
    podSelector: selector,
    policyTypes: z.array(z.string()).nullish(),
    egress: z.array(egressRule).nullish(),
  }),
});

/** What questions read of a NetworkPolicy. */
export type NetworkPolicy = z.output<typeof schema>['spec'];
export type EgressRule = z.output<typeof egressRule>;

/** The NetworkPolicy that a manifest is; undefined for anything else. */
export function readNetworkPolicy(manifest: unknown): NetworkPolicy | undefined {
  const result = schema.safeParse(manifest);
  return result.success ? result.data.spec : undefined;
}

/** Whether its selector takes in pods with these labels. */
export function selectsPod(
  { podSelector }: NetworkPolicy,
  podLabels: Readonly<Record<string, string>>,
): boolean {
  const isEqual = ([key, value]: [string, string]) => podLabels[key] === value;
  if (!Object.entries(podSelector?.matchLabels ?? {}).every(isEqual)) return false;
  return (podSelector?.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = podLabels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isListed = value !== undefined && (values ?? []).includes(value);
    return operator === 'In' ? isListed : operator === 'NotIn' && !isListed;
  });
}

/** Whether it says what its pods may send. Without `policyTypes` the API server takes it from the rules. */
export function limitsEgress({ policyTypes, egress }: NetworkPolicy): boolean {
  return policyTypes == null ? egress != null : policyTypes.includes('Egress');
}
