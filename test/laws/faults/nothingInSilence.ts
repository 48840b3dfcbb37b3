import { keep, skip } from '../../../src/controls/kit/decision.js';
import type { Finding } from '../../../src/hardening/report.js';
import { annotationKeys } from '../../../src/kubernetes.js';
import { omit } from '../trees.js';
import { deciding, type Fault, withAnswer, withControls, withPatch, withReport } from './breaking.js';

function retold(findings: readonly Finding[], retell: (finding: Finding) => Finding['decision']) {
  return findings.map((finding) => Object.assign({}, finding, { decision: retell(finding) }));
}

/** Faults by which something is done, or not done, and nobody hears of it. */
export const faultsAgainstNothingInSilence: readonly Fault[] = [
  {
    name: 'a decision is lost',
    seen: /decisions are missing or too many/,
    subject: withReport(({ findings }) => ({ findings: findings.slice(1) })),
  },
  {
    name: 'nothing is said of init containers',
    seen: /decisions are missing or too many/,
    subject: withReport(({ findings }) => ({
      findings: findings.filter(({ target }) => !target.startsWith('initContainers/')),
    })),
  },
  {
    name: 'a reason has no sentence',
    seen: /no sentence for the reason notInTheMood/,
    subject: deciding('seccompProfile', (decision) =>
      decision.kind === 'keep' ? skip('notInTheMood') : decision,
    ),
  },
  {
    name: 'a note has no sentence',
    seen: /no sentence for notes: byTheWay/,
    subject: deciding('resources', (decision) =>
      decision.kind === 'skip' ? decision : { ...decision, notes: ['byTheWay'] },
    ),
  },
  {
    name: 'a change is told and not made',
    seen: /said to be set and is not/,
    subject: withReport((_, pod) => ({ patch: [], hardened: pod })),
  },
  {
    name: 'a volume is told to be gone and is not',
    seen: /said to be gone and is not: kube-api-access-/,
    subject: withPatch((patch) => patch.filter(({ op }) => op !== 'remove')),
  },
  {
    name: 'a change is made and not told',
    seen: /the list of changes is another/,
    subject: withReport(({ findings }) => ({
      findings: retold(findings, ({ control, decision }) =>
        control === 'capabilities' && decision.kind === 'change' ? keep() : decision,
      ),
    })),
  },
  {
    name: 'an opt-out does not count',
    seen: /was opted out of/,
    subject: withControls((control) => ({ ...control, optedOut: false })),
  },
  {
    name: 'a privileged container is said to be hard enough',
    seen: /a decision on a privileged container/,
    subject: withReport(({ findings }) => ({
      findings: retold(findings, ({ decision }) =>
        decision.kind === 'skip' && decision.reason === 'privileged' ? keep() : decision,
      ),
    })),
  },
  {
    name: 'a finding names a field that is not there',
    seen: /there is no such field/,
    subject: withReport(({ findings }) => ({
      findings: retold(findings, ({ decision }) =>
        decision.kind === 'flag'
          ? {
              ...decision,
              flags: decision.flags.map((flag) => Object.assign({}, flag, { field: 'spec.nothing[0].here' })),
            }
          : decision,
      ),
    })),
  },
  {
    name: 'a finding has no sentence',
    seen: /no sentence for findings: odd/,
    subject: withReport(({ findings }) => ({
      findings: retold(findings, ({ decision }) =>
        decision.kind === 'flag'
          ? { ...decision, flags: decision.flags.map((flag) => Object.assign({}, flag, { code: 'odd' })) }
          : decision,
      ),
    })),
  },
  {
    name: 'the pod does not say who hardened it',
    seen: /the mark does not name/,
    subject: withReport(({ hardened }) => {
      const annotations = omit(hardened.metadata?.annotations ?? {}, annotationKeys.hardened);
      return { hardened: { ...hardened, metadata: { ...hardened.metadata, annotations } } };
    }),
  },
  {
    name: 'what was misread in annotations is not told',
    seen: /notices lost/,
    subject: withReport(({ notices }) => ({
      notices: notices.filter(({ code }) => code === 'noRoomForMark'),
    })),
  },
  {
    name: 'kubectl is not warned',
    seen: /nobody is warned/,
    subject: withAnswer((response) => omit(response, 'warnings')),
  },
  {
    name: 'the audit log does not learn what was skipped',
    seen: /the audit log is not told/,
    subject: withAnswer((response) => omit(response, 'auditAnnotations')),
  },
];
