import { describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import { mutate } from '../../src/admission/mutate.js';
import { warningLines, warningsOf } from '../../src/admission/warnings.js';
import type { Decision } from '../../src/controls/kit/decision.js';
import { harden } from '../../src/hardening/harden.js';
import type { Finding, Report } from '../../src/hardening/report.js';
import { annotationKeys, type Pod, unknownNamespace } from '../../src/kubernetes.js';
import { controlIds } from '../../src/policy/catalogue.js';
import { type NamespaceMode, namespaceModes } from '../../src/policy/plan.js';
import { podInNamespace } from '../laws/pods.js';
import { decodedRequest, plainPod } from './reviews.js';
import { namespaceWith, planner, policiesOf } from './plans.js';

const maxLength = 120;
const maxTotal = 4096;

/** What the API server and kubectl need of each warning, and of all together. */
function expectShowable(warnings: readonly string[]): void {
  for (const warning of warnings) {
    expect(warning.length).toBeLessThanOrEqual(maxLength);
    expect(warning).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
    expect(warning).toMatch(/^podtemper: .*\S/);
  }
  expect(warnings.reduce((total, { length }) => total + length, 0)).toBeLessThanOrEqual(maxTotal);
  expect(new Set(warnings).size).toBe(warnings.length);
}

function reportOf(
  annotations: Record<string, string>,
  mode: NamespaceMode = 'enforce',
  pod: Pod = plainPod,
): Report {
  const facts = unknownNamespace('shop');
  const annotated = { ...pod, metadata: { ...pod.metadata, annotations } };
  return harden(annotated, planner(policiesOf(), mode)(annotated, facts), facts);
}

const hostileWord = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom(
    'x'.repeat(5000),
    '\n'.repeat(300),
    ' '.repeat(400),
    '😀'.repeat(100),
    `x${'😀'.repeat(100)}`,
    '👩‍👩‍👧‍👦'.repeat(40),
    '\u202Egnp.exe\u202C',
    '\u2066\u2067abc\u2069',
    '\u200F\u200E\uFEFF',
    'שלום',
    '\0\u0007\u001B[31mred\u001B[0m\u007F\u0085',
    '\uD83D',
    '\uDE00\uD83D',
    'a\u0301'.repeat(90),
    '"},"patch":"',
    '\t\r\v\f',
    'e\u2028\u2029',
  ),
);

/** Text that somebody may have put into an annotation. */
const hostileText = fc
  .array(hostileWord, { maxLength: 12 })
  .chain((words) => fc.constantFrom(words.join(' '), words.join(','), words.join('')));

const hostileAnnotations: Arbitrary<Record<string, string>> = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...Object.values(annotationKeys)),
    hostileText.map((text) => `podtemper.io/${text}`),
  ),
  hostileText,
  { maxKeys: 8, noNullPrototype: true },
);

describe('warnings', () => {
  it('are fit to be shown whatever the annotations hold', () => {
    const property = fc.property(
      hostileAnnotations,
      fc.constantFrom(...namespaceModes),
      (annotations, mode) => expectShowable(warningsOf(reportOf(annotations, mode))),
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('are fit to be shown whatever the names of policies and namespace labels are', () => {
    const property = fc.property(hostileText, hostileText, (policy, mode) => {
      const facts = namespaceWith({ 'podtemper.io/policy': policy, 'podtemper.io/mode': mode });
      expectShowable(warningsOf(harden(plainPod, planner()(plainPod, facts), facts)));
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('are fit to be shown for any pod, with hostile names of containers too', () => {
    const property = fc.property(podInNamespace, hostileText, ({ pod, facts }, name) => {
      const containers = pod.spec.containers.map((container, index) => ({
        ...container,
        name: `${name}${index}`,
      }));
      const named: Pod = { ...pod, spec: { ...pod.spec, containers } };
      expectShowable(warningsOf(harden(named, planner()(named, facts), facts)));
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('of 100 misspelt ids stay in the budget, and the last one says that there are more', () => {
    const ids = Array.from({ length: 100 }, (_, index) => `runAsNonroot${index}`);
    const warnings = warningsOf(reportOf({ [annotationKeys.optOut]: ids.join(',') }));
    expectShowable(warnings);
    expect(warnings[0]).toContain('no control "runAsNonroot0"');
    expect(warnings.at(-1)).toBe('podtemper: … and more: see the preview');
  });

  it('of a thousand containers stay in the budget', () => {
    const containers = Array.from({ length: 1000 }, (_, index) => ({
      name: `container-${index}`,
      securityContext: { privileged: true },
    }));
    const warnings = warningsOf(reportOf({}, 'enforce', { spec: { containers } }));
    expectShowable(warnings);
    expect(warnings[0]).toContain('containers/container-0');
  });

  it('break between words, and say all that there is to say', () => {
    const reason = {
      [annotationKeys.optOut]: 'capabilites',
      [annotationKeys.runAsUser]: `0${' not a user'.repeat(30)}`,
    };
    const warnings = warningsOf(reportOf(reason));
    expectShowable(warnings);
    const text = warnings.map((warning) => warning.slice('podtemper: '.length).trim()).join(' ');
    expect(text).toContain(`found "0${' not a user'.repeat(30)}"`);
    expect(warnings).toContain(
      'podtemper: podtemper.io/opt-out: no control "capabilites"; did you mean "capabilities"?',
    );
  });
});

const decided = (control: string, decision: Decision, mode: Finding['mode'] = 'enforce'): Finding => ({
  control,
  target: 'containers/app',
  mode,
  decision,
});

const reportWith = (mode: NamespaceMode, ...findings: Finding[]): Report => ({
  policy: 'strict',
  mode,
  exemption: undefined,
  findings,
  notices: [],
  changed: [],
  hardened: plainPod,
  patch: [],
});

describe('what the warnings say', () => {
  it('ends as it should where another one ends in the same words, though repetitions are dropped', () => {
    const securityContext = { allowPrivilegeEscalation: true, runAsNonRoot: true, runAsUser: 5 };
    const container = { name: 'web-1', image: 'app', securityContext };
    const seccompProfile = { type: 'RuntimeDefault' };
    const spec = {
      securityContext: { seccompProfile },
      containers: [container, { name: 'app', image: 'app' }],
    };
    const warnings = warningsOf(reportOf({ [annotationKeys.runAsUser]: '0' }, 'enforce', { spec }));
    const start = warnings.findIndex((warning) => warning.includes('hardened by policy'));
    expect(warnings).toContain('podtemper:   runAsNonRoot');
    expect(warnings.slice(start, start + 2)).toEqual([
      'podtemper: hardened by policy default: capabilities, readOnlyRootFilesystem, resources, allowPrivilegeEscalation,',
      'podtemper:    runAsNonRoot',
    ]);
  });

  it('tells what changed, and what would', () => {
    const findings = [
      decided('capabilities', { kind: 'change', set: {} }),
      decided('seccompProfile', { kind: 'change', set: {} }),
      decided('resources', { kind: 'change', set: {} }, 'warn'),
      decided('fsGroup', { kind: 'change', set: {} }, 'audit'),
    ];
    expect(warningsOf(reportWith('enforce', ...findings)).join(' ')).toBe(
      'podtemper: hardened by policy strict: capabilities, seccompProfile; would harden by policy strict: resources',
    );
  });

  it('tells of one reason once, with all containers and controls it holds for', () => {
    const skip = { kind: 'skip', reason: 'privileged' } as const;
    const other = { ...decided('capabilities', skip), target: 'initContainers/setup' };
    const [first] = warningsOf(reportWith('enforce', decided('seccompProfile', skip), other));
    expect(first).toContain('containers/app, initContainers/setup without seccompProfile, capabilities: ');
  });

  it.each(['notNeeded', 'optedOut', 'explicitlyFalse', 'imageTrusted'])('keeps quiet about %s', (reason) => {
    expect(warningsOf(reportWith('enforce', decided('resources', { kind: 'skip', reason })))).toEqual([]);
  });

  it('is nothing in mode audit but the notices', () => {
    for (const id of controlIds) {
      const findings = [
        decided(id, { kind: 'change', set: {} }),
        decided(id, { kind: 'skip', reason: 'windows' }),
      ];
      const report = reportWith('audit', ...findings);
      expect(warningsOf(report)).toEqual([]);
      expect(warningsOf({ ...report, notices: [{ code: 'badDate', text: 'a notice' }] })).toEqual([
        'podtemper: a notice',
      ]);
    }
  });

  it('is nothing of a pod that is exempt', () => {
    const report = reportWith('enforce', decided('resources', { kind: 'skip', reason: 'windows' }));
    expect(warningsOf({ ...report, exemption: 'mirrorPod' })).toEqual([]);
  });
});

describe('a pod that a controller owns', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u' };
  const answer = (ownerReferences: object[]) => {
    const annotations = { [annotationKeys.optOut]: 'misspelt' };
    const pod = { ...plainPod, metadata: { ...plainPod.metadata, annotations, ownerReferences } };
    return mutate(decodedRequest(pod), unknownNamespace('shop'), planner()).response;
  };

  it('gets no warnings, which nobody would read', () => {
    expect(answer([owner, { ...owner, controller: true }]).warnings).toEqual([]);
    expect(answer([{ ...owner, controller: true }]).patch).not.toEqual([]);
  });

  it('is not one that has an owner only', () => {
    expect(answer([owner, { ...owner, controller: false }]).warnings).not.toEqual([]);
    expect(answer([]).warnings).not.toEqual([]);
  });
});

describe('lines that two texts share', () => {
  it('are kept where they are as long as a line may be', () => {
    const shared = `${'t'.repeat(53)} ${'u'.repeat(53)}`;
    const texts = ['a', 'b', 'c'].map((letter) => `${letter.repeat(107)} ${shared} ${letter}`);
    const lines = warningLines(texts);
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.every((line) => line.length <= 120)).toBe(true);
    const words = lines.flatMap((line) => line.replace(/^podtemper: */, '').split(' '));
    expect(words).toEqual(texts.flatMap((text) => text.split(' ')));
  });
});
