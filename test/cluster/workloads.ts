import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Cluster } from './cluster.js';
import { commandOutput } from './commands.js';
import { program } from './webhookProcess.js';

/** Manifests of every kind that holds a pod template. */
export const workloadsFolder = fileURLToPath(new URL('workloads', import.meta.url));

const texts = z.record(z.string(), z.string().nullable());
const volume = z.looseObject({ name: z.string() });
const template = z.looseObject({
  metadata: z.looseObject({ annotations: texts.nullish(), labels: texts.nullish() }),
  spec: z.looseObject({ volumes: z.array(volume).nullish() }),
});
/** A pod template as a manifest has it. */
type PodTemplate = z.infer<typeof template>;

/** How many pods a workload has, where no number is given. */
const one = z.int().default(1);
const underSpec = z.looseObject({ template, replicas: one, parallelism: one });

const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.unknown().optional(),
  template: z.unknown().optional(),
});
/** An API object, as much as matters here. */
export type ApiObject = z.infer<typeof objectSchema>;

/** `Deployment web`. */
export const titleOf = ({ kind, metadata }: ApiObject) => `${kind} ${metadata.name}`;

/** The pod template of an object, the pod itself as well; undefined where there is none. */
export function podTemplateOf(object: ApiObject): PodTemplate | undefined {
  if (object.kind === 'Pod') return template.parse(object);
  if (object.kind === 'PodTemplate') return template.parse(object.template);
  if (object.kind === 'CronJob') {
    const { jobTemplate } = z
      .looseObject({ jobTemplate: z.looseObject({ spec: underSpec }) })
      .parse(object.spec);
    return jobTemplate.spec.template;
  }
  return underSpec.safeParse(object.spec).data?.template;
}

const claims = z.looseObject({ volumeClaimTemplates: z.array(objectSchema.pick({ metadata: true })) });

/** The volumes that a StatefulSet's controller puts before those of the template. */
export function claimsOf({ spec }: ApiObject): z.infer<typeof volume>[] {
  const { volumeClaimTemplates = [] } = claims.safeParse(spec).data ?? {};
  return volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
}

/** How many pods come of an object. */
export function podCountOf(object: ApiObject): number {
  if (object.kind === 'Pod' || object.kind === 'CronJob') return 1;
  const { data } = underSpec.safeParse(object.spec);
  return data ? data.replicas * data.parallelism : 0;
}

/** The objects of manifests as kubectl sends them, before the API server fills in anything. */
export async function objectsOf(
  cluster: Cluster,
  source: { path: string } | { text: string },
): Promise<ApiObject[]> {
  const [path, options] = 'path' in source ? [source.path, {}] : ['-', { input: source.text }];
  const args = ['create', '--dry-run=client', '--output=json', '--filename', path];
  const { code, stdout, stderr } = await cluster.kubectl(args, options);
  if (code !== 0)
    throw new Error(`kubectl ${args.join(' ')}: expected exit code 0, found ${code}: ${stderr}`);
  // One object after the other, each from a line with a brace on.
  return stdout.split(/^(?=\{)/m).map((text) => objectSchema.parse(JSON.parse(text)));
}

/** What `podtemper preview -o yaml` prints. */
export function previewYaml(args: readonly string[], input?: string): Promise<string> {
  return commandOutput(
    process.execPath,
    [program, 'preview', '-o', 'yaml', ...args],
    input === undefined ? {} : { input },
  );
}

const oneDayMilliseconds = 24 * 60 * 60 * 1000;

/** Lets the controller believe that the daily CronJob at this path ran a day ago for the last time, so that it runs now
 *  and not again for hours. */
export async function makeDue(cluster: Cluster, path: string): Promise<void> {
  const lastScheduleTime = new Date(Date.now() - oneDayMilliseconds).toISOString().replace(/\.\d+Z/, 'Z');
  await cluster.requestOk('PATCH', `${path}/status`, { status: { lastScheduleTime } });
}
