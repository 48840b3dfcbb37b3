import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type ApiServer, unknownApiServer } from '../../src/networkpolicy/apiServer.js';
import { propose } from '../../src/networkpolicy/propose.js';
import { inventoryOf } from '../../src/networkpolicy/workloads.js';
import { renderNetworkPolicies } from '../../src/outputs/networkPolicies.js';
import { readManifests } from '../../src/preview/manifests.js';

const port = z.strictObject({ protocol: z.string(), port: z.int(), endPort: z.int().optional() });
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()).optional() });
const peer = z.strictObject({
  podSelector: selector.optional(),
  namespaceSelector: selector.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
});
const rule = z.strictObject({
  from: z.array(peer).optional(),
  to: z.array(peer).optional(),
  ports: z.array(port).optional(),
});
const policySchema = z.strictObject({
  apiVersion: z.literal('networking.k8s.io/v1'),
  kind: z.literal('NetworkPolicy'),
  metadata: z.strictObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.strictObject({
    podSelector: selector,
    policyTypes: z.tuple([z.literal('Ingress'), z.literal('Egress')]),
    ingress: z.array(rule).optional(),
    egress: z.array(rule).optional(),
  }),
});
export type ReadPolicy = z.output<typeof policySchema>;

/** What is printed for these manifests. */
export function printed(manifests: readonly string[], apiServer: ApiServer = unknownApiServer): string {
  const read = manifests.map((text, index) => readManifests({ file: `${index}.yaml`, text }));
  return renderNetworkPolicies(propose(inventoryOf(read), apiServer));
}

/** The policies of a text, to the letter: a key that is not expected is an error. */
export function policiesIn(text: string): ReadPolicy[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [policySchema.parse(value)];
  });
}

/** The policy of that name. */
export function policyNamed(text: string, name: string): ReadPolicy {
  const found = policiesIn(text).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`expected a policy ${name} in:\n${text}`);
  return found;
}
