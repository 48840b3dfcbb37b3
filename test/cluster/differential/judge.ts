import { z } from 'zod';
import type { V1Pod } from '@kubernetes/client-node';
import { asPassedOn } from '../../laws/serverDefaults.js';
import { brokenRules, type Stored, type StoredPod, storedRules } from '../../laws/storedRules.js';
import { differences, valueAt } from '../../laws/trees.js';
import type { Pod } from '../../../src/kubernetes.js';
import type { ApiResponse } from '../apiClient.js';
import { ownWarnings } from '../barePod.js';
import { comparable, withoutServerRemarks } from '../comparablePod.js';
import type { PreviewedPod } from '../previewItem.js';
import type { Place } from './places.js';
import { outcomesOf, writableProblems } from './previewedPod.js';

/** A promise that was not kept: by what name it is counted, and what was seen. */
export interface Breach {
  rule: string;
  seen: unknown;
}

/** Every rule by which a pod is judged: what is stored, and what only the answers show. */
export const ruleNames: readonly string[] = [
  'not judged',
  'answered with an error',
  'accepted without us and refused with us',
  ...Object.keys(storedRules),
  'refused when submitted again',
  'changed when submitted again',
  'previewed as one that is refused',
  'previewed otherwise',
  'previewed as if what is writable were not',
  'changed and not told of',
];

/** What became of one pod. */
export interface Verdict {
  isAccepted: boolean;
  isHardened: boolean;
  isPreviewed: boolean;
  /** What the API server says where it refuses the pod without us. */
  refusal?: string;
  /** What the webhook reports: `capabilities: skip addsAll`. */
  outcomes: string[];
  breaches: Breach[];
}

/** In bytes. Of a pod that is larger the webhook gives no preview; where annotations are near their limit, the
 *  LimitRanger's note may have taken the room in which the preview puts ours. */
const mostToPreview = 200 * 1024;

/** Whom a judge asks. */
export interface Witnesses {
  /** The API server, by dry run. */
  submit(namespace: string, pod: unknown): Promise<ApiResponse<V1Pod>>;
  /** The running webhook: the first item of its preview. */
  preview(namespace: string, pod: unknown): Promise<PreviewedPod>;
}

/** Submits pods without and with the webhook, and compares. */
export class Judge {
  readonly #witnesses: Witnesses;

  constructor(witnesses: Witnesses) {
    this.#witnesses = witnesses;
  }

  /** Gives a verdict whatever happens: one pod of many thousands must not end the test of the others. A kept connection
   *  may be closed just as we use it, so that what fails is tried again. */
  async judge(pod: Pod, place: Place, tries = 3): Promise<Verdict> {
    try {
      return await this.#compare(pod, place);
    } catch (error) {
      if (tries > 1) return this.judge(pod, place, tries - 1);
      const breach = { rule: 'not judged', seen: String(error) };
      return { isAccepted: false, isHardened: false, isPreviewed: false, outcomes: [], breaches: [breach] };
    }
  }

  async #compare({ metadata, spec }: Pod, { pair, facts }: Place): Promise<Verdict> {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'generated' }, spec };
    const [without, hardened] = await Promise.all([
      this.#witnesses.submit(pair.plain, pod),
      this.#witnesses.submit(pair.optedIn, pod),
    ]);
    const verdict: Verdict = {
      isAccepted: without.status === 201,
      isHardened: false,
      isPreviewed: false,
      outcomes: [],
      breaches: [],
    };
    const complain = (rule: string, seen: unknown) => verdict.breaches.push({ rule, seen });
    // A patch that does not apply is such an error, whatever the failurePolicy is.
    if (hardened.status >= 500) complain('answered with an error', hardened.body);
    if (without.status !== 201) return { ...verdict, refusal: messageOf(without) };
    if (hardened.status !== 201) {
      complain('accepted without us and refused with us', messageOf(hardened));
      return verdict;
    }
    const stored = { without: storedPod(without), with: storedPod(hardened), facts };
    verdict.isHardened = differences(stored.without, stored.with).length > 0;
    for (const { rule, problems } of brokenRules(stored)) complain(rule, problems);
    verdict.breaches.push(...(await this.#submitAgain(hardened.body, pair.optedIn)));
    if (Buffer.byteLength(JSON.stringify(pod)) > mostToPreview) return verdict;
    const [asWritten, previewed] = await this.#preview(pod, pair.optedIn);
    verdict.isPreviewed = true;
    verdict.outcomes.push(...new Set([asWritten, previewed].flatMap(outcomesOf)));
    const wrong = writableProblems(pod, asWritten, previewed);
    if (wrong.length > 0) complain('previewed as if what is writable were not', wrong);
    verdict.breaches.push(...(await this.#comparePreview(previewed, hardened, pair.plain)));
    if (!isTold(previewed, hardened, stored)) complain('changed and not told of', hardened.warnings);
    return verdict;
  }

  /** As it is written, and as the API server passes it on: nearly always the same. */
  async #preview(pod: Pod, namespace: string): Promise<[PreviewedPod, PreviewedPod]> {
    const passedOn = asPassedOn(pod);
    const asWritten = await this.#witnesses.preview(namespace, pod);
    if (differences(pod, passedOn).length === 0) return [asWritten, asWritten];
    return [asWritten, await this.#witnesses.preview(namespace, passedOn)];
  }

  async #submitAgain(hardened: V1Pod, namespace: string): Promise<Breach[]> {
    const first = comparable(hardened);
    const again = await this.#witnesses.submit(namespace, first);
    if (again.status !== 201) return [{ rule: 'refused when submitted again', seen: messageOf(again) }];
    return differing('changed when submitted again', first, comparable(again.body));
  }

  async #comparePreview(
    { hardened }: PreviewedPod,
    { body }: ApiResponse<V1Pod>,
    plain: string,
  ): Promise<Breach[]> {
    const shown = await this.#witnesses.submit(plain, hardened);
    if (shown.status !== 201) return [{ rule: 'previewed as one that is refused', seen: messageOf(shown) }];
    const asSaid = (pod: V1Pod) => withoutServerRemarks(comparable(pod));
    return differing('previewed otherwise', asSaid(body), asSaid(shown.body));
  }
}

function storedPod({ body }: ApiResponse<V1Pod>): StoredPod {
  const { metadata, spec } = comparable(body);
  const { qosClass } = body.status ?? {};
  // The API's own JSON, of which the engine's types are the read-only side.
  return { metadata, spec, ...(qosClass !== undefined && { status: { qosClass } }) } as unknown as StoredPod;
}

/** One breach with each leaf that is another: where, in the first, in the second. */
function differing(rule: string, first: object, second: object): Breach[] {
  const paths = differences(first, second);
  if (paths.length === 0) return [];
  const seen = paths.map((path) => ({ [path.join('.')]: [valueAt(first, path), valueAt(second, path)] }));
  return [{ rule, seen }];
}

/** Whoever creates the pod by hand is told which controls changed it; of the pods of controllers nobody reads it. */
function isTold({ policy, changed }: PreviewedPod, { warnings }: ApiResponse<V1Pod>, { with: pod }: Stored) {
  const isControlled = pod.metadata?.ownerReferences?.some(({ controller }) => controller === true) ?? false;
  if (isControlled || isCut(warnings)) return true;
  const start = `hardened by policy ${policy}: `;
  const line = ownWarnings(warnings).find((text) => text.startsWith(start)) ?? start;
  const [told = ''] = line.slice(start.length).split('; ');
  return told.split(', ').toSorted().join(', ') === changed.toSorted().join(', ');
}

/** What is too much for the API server, it cuts, and we cut before. */
function isCut(warnings: readonly string[]): boolean {
  return warnings.some((text) => text.length === 256 || text.includes('and more: see the preview'));
}

function messageOf({ body }: { body: unknown }): string {
  return z.object({ message: z.string() }).safeParse(body).data?.message ?? JSON.stringify(body);
}
