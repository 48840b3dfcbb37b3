import { parseQuantity } from '../controls/kit/quantity.js';
import type { Container } from '../kubernetes.js';
import { type Advisor, silent } from './kit/advisor.js';
import { newMemoryLimitOf } from './kit/effects.js';
import { parseJvmSize, spellBytes } from './kit/memory.js';

/** What a JVM needs besides its heap (metaspace, threads, code, buffers): a quarter of it, and no less than this. */
const leastBesides = 128 * 1024 ** 2;

/** Looks for a heap that does not fit into the memory limit. */
export const jvmMemory: Advisor = {
  id: 'jvmMemory',
  summary:
    'JVM flags (-Xmx, MaxRAMPercentage) that leave too little of the memory limit for what is not heap.',
  source: 'https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html',
  look(subject) {
    const added = newMemoryLimitOf(subject);
    const text = added ?? subject.container.resources?.limits?.memory;
    const quantity = text == null ? undefined : parseQuantity(text);
    const flag = quantity === undefined ? undefined : heapFlagOf(subject.container);
    if (quantity === undefined || flag === undefined) return silent;
    // Quantities are billionths.
    const limit = Number(quantity / 1_000_000_000n);
    const whose = added === undefined ? `the memory limit ${text}` : `the limit ${text} that hardening adds`;
    if (flag.percentage !== undefined) {
      if (flag.percentage <= 85) return silent;
      const says = `a heap of ${flag.percentage} % leaves little of ${whose} for threads, metaspace and buffers: OOMKilled`;
      return [{ field: flag.field, says, write: '-XX:MaxRAMPercentage=75' }];
    }
    const needed = flag.heap + Math.max(flag.heap / 4, leastBesides);
    if (flag.heap < limit * 0.9) return silent;
    const says = `a heap of ${spellBytes(flag.heap)} and what a JVM needs besides do not fit into ${whose}: OOMKilled`;
    return [{ field: flag.field, says, write: `resources.limits.memory: ${spellBytes(needed)}` }];
  },
};

type HeapFlag =
  | { readonly field: string; readonly heap: number; readonly percentage?: undefined }
  | { readonly field: string; readonly percentage: number };

/** Variables that JVMs, or the scripts around them, take flags from: JAVA_TOOL_OPTIONS, KAFKA_HEAP_OPTS, CATALINA_OPTS. */
const flagVariables =
  /(?:^|_)(?:JAVA|JDK|JVM|CATALINA|HEAP|MAVEN|GRADLE|SBT|ES|LS|SOLR|SERVER)\w*_(?:OPTIONS|OPTS|ARGS|PARAMS|FLAGS|HEAP)$|^_JAVA_OPTIONS$/;

/** The last flag counts, as it does to a JVM. */
function heapFlagOf({ env, command, args }: Container): HeapFlag | undefined {
  const texts: (readonly [field: string, text: string])[] = [
    ...(env ?? []).flatMap(({ name, value }, index): [string, string][] =>
      value != null && flagVariables.test(name) ? [[`env[${index}].value`, value]] : [],
    ),
    ...(command ?? []).map((word, index) => [`command[${index}]`, word] as const),
    ...(args ?? []).map((word, index) => [`args[${index}]`, word] as const),
  ];
  let found: HeapFlag | undefined;
  for (const [field, text] of texts) {
    for (const match of text.matchAll(
      /(?<![\w-])(?:-Xmx|-XX:MaxHeapSize=)(\d+[kmgtKMGT]?)|-XX:MaxRAMPercentage=(\d+(?:\.\d+)?)/g,
    )) {
      const heap = match[1] === undefined ? undefined : parseJvmSize(match[1]);
      if (heap !== undefined) found = { field, heap };
      else if (match[2] !== undefined) found = { field, percentage: Number(match[2]) };
    }
  }
  return found;
}
