import type { Advice } from '../advice/kit/advisor.js';
import type { KnownImage } from '../controls/kit/context.js';
import type { Control } from '../controls/kit/define.js';
import type { Flag } from '../controls/kit/flags.js';
import { explain, meaningOf } from '../hardening/explain.js';
import type { Finding } from '../hardening/report.js';
import { annotationKeys } from '../kubernetes.js';
import type { Standing } from '../hardening/standing.js';
import { controlOf } from '../policy/catalogue.js';
import { spellVersion } from '../standards/version.js';
import type { ManifestError } from '../errors.js';
import type { Preview, PreviewItem } from '../preview/preview.js';
import { describeChecklist } from './checklist.js';
import { fieldIn, fieldOfAdvice, fieldsOf } from './fields.js';

/** Everything that is known of each object, for programs: `{ items, faults, warnings }`. */
export function renderJson({ items, faults, warnings }: Preview): string {
  const described = {
    items: items.map(describeItem),
    faults: faults.map(describeFault),
    warnings: warnings.map(describeFault),
  };
  return `${JSON.stringify(described, undefined, 2)}\n`;
}

function describeItem(item: PreviewItem) {
  const { apiVersion, kind, name, namespace, report, standing, note, patch, hardened } = item;
  return {
    apiVersion,
    kind,
    name,
    namespace,
    ...(report && { policy: report.policy, mode: report.mode }),
    ...describeNamespace(item),
    ...(report?.exemption && { exemption: report.exemption }),
    changed: report?.changed ?? [],
    patch,
    hardened,
    decisions: report?.findings.map((finding) => describeFinding(finding, item)) ?? [],
    ...(standing && { podSecurity: describeStanding(standing) }),
    advice: item.advice.map((one) => describeAdvice(one, item)),
    notices: report?.notices ?? [],
    knownImages: [...item.knownImages].map(([target, image]) => describeKnownImage(target, image)),
    ...(item.checklist && { guide: describeChecklist(item.checklist, item) }),
    ...(note !== undefined && { note }),
  };
}

/** What is to know of its namespace, where that is anything. */
function describeNamespace({ assumedNamespace, systemNamespace }: PreviewItem) {
  return {
    ...(assumedNamespace !== undefined && { assumedNamespace }),
    ...(systemNamespace !== undefined && { systemNamespace }),
  };
}

function describeFinding(finding: Finding, item: PreviewItem) {
  const { target, control: id, decision } = finding;
  const control = controlOf(id);
  const { verdict, sentence, notes } = explain(finding, control);
  const base = { target, control: id, verdict };
  if (decision.kind === 'skip') return { ...base, reason: decision.reason, sentence, notes };
  if (decision.kind === 'keep') return { ...base, sentence, notes };
  const { mayBreak, remedy } = control.docs;
  const optOut = `${annotationKeys.optOut}: ${id}`;
  if (decision.kind === 'flag') {
    const flags = decision.flags.map((flag) => describeFlag(flag, control, item));
    return { ...base, sentence, flags, more: decision.more, notes, mayBreak, optOut };
  }
  return {
    ...base,
    sentence,
    set: fieldsOf(decision, target, item.pod),
    ...(decision.volumes && { volumes: decision.volumes }),
    ...(decision.leftOut && { leftOut: decision.leftOut }),
    ...(decision.withoutVolume !== undefined && { withoutVolume: decision.withoutVolume }),
    notes,
    mayBreak,
    ...(remedy !== undefined && { remedy }),
    optOut,
  };
}

function describeFlag(flag: Flag, control: Control, item: PreviewItem) {
  const { code, field, found, targets, write } = flag;
  const { severity, means } = meaningOf(flag, control);
  return { code, severity, field: fieldIn(item, field), found, targets, means, write };
}

function describeAdvice({ advisor, target, field, says, write }: Advice, item: PreviewItem) {
  return { advisor, target, field: fieldOfAdvice(field, target, item), says, write };
}

function describeKnownImage(target: string, { repository, facts, sources }: KnownImage) {
  return { target, repository, ...facts, sources };
}

function describeStanding({ version, before, after, missed, remaining }: Standing) {
  return {
    version: spellVersion(version),
    before,
    after,
    ...(missed !== undefined && { missed }),
    remaining: remaining.map(({ check, level, target, field, found = null, who, change }) => ({
      check,
      level,
      target,
      field,
      found,
      who,
      change,
    })),
  };
}

function describeFault({ position, complaint, message }: ManifestError) {
  return { ...position, ...complaint, message };
}
