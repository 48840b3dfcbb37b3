import { parse } from 'yaml';
import type { Remaining } from '../../src/hardening/standing.js';
import type { Pod } from '../../src/kubernetes.js';

type Draft = Record<string, unknown>;

/** The pod after its author has done, line by line, what hardening left to do. */
export function amend(pod: Pod, remaining: readonly Remaining[]): Pod {
  const draft = structuredClone(pod) as unknown as { metadata?: { annotations: Draft }; spec: Draft };
  for (const one of remaining) {
    const annotation = annotationLeftOut(one);
    if (annotation !== undefined) Reflect.deleteProperty(draft.metadata?.annotations ?? {}, annotation);
    if (one.change === 'spec.os.name: windows') draft.spec.os = { name: 'windows' };
    else if (!isAnnotation(one)) follow(one, targetOf(draft.spec, one.target));
  }
  return draft as unknown as Pod;
}

function isAnnotation({ field }: Remaining): boolean {
  return field.startsWith('metadata.annotations[');
}

function annotationLeftOut(one: Remaining): string | undefined {
  if (isAnnotation(one)) return /"(.*)"/.exec(one.field)?.[1];
  const isLegacy = one.change.endsWith('in place of its legacy annotation');
  return isLegacy
    ? `container.seccomp.security.alpha.kubernetes.io/${one.target.replace(/^\w+\//, '')}`
    : undefined;
}

function targetOf(spec: Draft, target: string): Draft {
  const [list = '', name] = target.split('/');
  const parts = spec[list] as Draft[] | undefined;
  const part = target === 'pod' ? spec : parts?.find((item) => item.name === name);
  if (part === undefined) throw new Error(`${target}: expected in the pod, found nothing`);
  return part;
}

function follow({ field, found, change }: Remaining, target: Draft): void {
  const leftOut = /^leave (\S+) out/.exec(change)?.[1];
  if (change.startsWith('a volume of another kind')) {
    Reflect.deleteProperty(target, field);
    target.emptyDir = {};
  } else if (leftOut === 'it') {
    leaveItemsOut(target, found as string[]);
  } else if (leftOut === 'hostPort') {
    for (const port of target.ports as Draft[]) delete port.hostPort;
  } else if (leftOut !== undefined) {
    set(target, leftOut === 'host' ? field : leftOut, undefined);
  } else {
    const [line = ''] = change.split(/, (?:or|in place of) /);
    const [path = '', value = ''] = line.split(/: (.*)/);
    set(target, path, value.startsWith('<') ? 1000 : parse(value));
  }
}

function leaveItemsOut(target: Draft, names: readonly string[]): void {
  const context = target.securityContext as { sysctls: { name: string }[] };
  context.sysctls = context.sysctls.filter(({ name }) => !names.includes(name));
}

function set(target: Draft, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let holder = target;
  for (const key of keys) holder = (holder[key] ??= {}) as Draft;
  holder[last] = value;
}
