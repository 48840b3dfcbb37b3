import { z } from 'zod';
import type { Pod } from '../../src/kubernetes.js';
import { type Installation } from './installation.js';

const previewedPod = z.object({
  policy: z.string(),
  mode: z.string(),
  exemption: z.string().optional(),
  changed: z.array(z.string()),
  // Whether it is one, the API server will say.
  hardened: z.custom<Pod>((value) => typeof value === 'object' && value !== null),
  decisions: z.array(
    z.object({
      target: z.string(),
      control: z.string(),
      verdict: z.string(),
      reason: z.string().optional(),
      leftOut: z.array(z.object({ reason: z.string() })).default([]),
      notes: z.array(z.string()).default([]),
      flags: z.array(z.object({ code: z.string() })).default([]),
    }),
  ),
  notices: z.array(z.object({ code: z.string() })),
});

/** What a preview says of one pod. */
export type PreviewedPod = z.infer<typeof previewedPod>;

const previewSchema = z.object({ items: z.tuple([previewedPod]) });

/** What the running webhook says of one pod in its preview. */
export async function previewItem(
  { processes }: Installation,
  pod: unknown,
  namespace: string,
): Promise<PreviewedPod> {
  const url = `${processes[0]?.operationsUrl}/preview?namespace=${namespace}`;
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(pod) });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`POST ${url}: expected 200, found ${response.status}: ${text}`);
  return previewSchema.parse(JSON.parse(text)).items[0];
}
