/** What an advisory control finds is heard of wherever a decision is: the answers, the preview, the metrics, the log. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mutate } from '../../src/admission/mutate.js';
import { engineSkips } from '../../src/hardening/report.js';
import type { Pod, PodSpec } from '../../src/kubernetes.js';
import { renderGithub } from '../../src/outputs/github.js';
import { renderJson } from '../../src/outputs/json.js';
import { renderJunit } from '../../src/outputs/junit.js';
import { renderSarif } from '../../src/outputs/sarif.js';
import { renderText } from '../../src/outputs/text.js';
import { catalogue } from '../../src/policy/catalogue.js';
import { parsePolicies } from '../../src/policy/load.js';
import { noticeCodes } from '../../src/policy/notices.js';
import { preview } from '../../src/preview/preview.js';
import { Metrics } from '../../src/telemetry/metrics.js';
import { Observer } from '../../src/telemetry/observe.js';
import { namespaceWith, planner, policiesOf, today } from '../admission/plans.js';
import { decodedRequest } from '../admission/reviews.js';
import { recordedLog } from '../telemetry/recordedLog.js';
import { parseSamples } from '../telemetry/samples.js';

/** A pod through which anybody takes over its node. */
const spec = {
  automountServiceAccountToken: false,
  volumes: [
    { name: 'own', emptyDir: {} },
    { name: 'docker', hostPath: { path: '/var/run/docker.sock' } },
  ],
  containers: [
    { name: 'app', image: 'a', volumeMounts: [{ name: 'docker', mountPath: '/var/run/docker.sock' }] },
    { name: 'other', image: 'a', securityContext: { privileged: true } },
  ],
} as unknown as PodSpec;
const pod = (annotations: Record<string, string> = {}): Pod => ({
  metadata: { name: 'builder', annotations },
  spec,
});

function answerIn(labels: Record<string, string>, annotations: Record<string, string> = {}, policy = {}) {
  const facts = namespaceWith({ 'podtemper.io/mode': 'enforce', ...labels });
  return mutate(decodedRequest(pod(annotations)), facts, planner(policiesOf(policy)));
}

/** The warnings as one text: where a line is broken is of no account. */
const textOf = (warnings: readonly string[]) =>
  warnings.map((line) => line.replace(/^podtemper: +/, '')).join(' ');

describe('kubectl', () => {
  it('warns of the field, the container, what it means and what to write', () => {
    const { response } = answerIn({});
    for (const line of response.warnings) expect(line).toMatch(/^podtemper: .{1,109}$/);
    expect(textOf(response.warnings)).toContain(
      'runtimeSocket: spec.volumes[1].hostPath.path is /var/run/docker.sock (containers/app): whoever reaches the socket ' +
        'of the container runtime is root on the node, be it mounted read-only. To mend it: leave the volume out',
    );
    expect(textOf(response.warnings)).toContain(
      'privileged: spec.containers[1].securityContext.privileged is true (containers/other): ',
    );
  });

  it('is told what one sentence holds for once', () => {
    const volumes = [1, 2].map((index) => ({ name: `v${index}`, hostPath: { path: `/etc/${index}` } }));
    const twice = { spec: { ...spec, volumes } as unknown as PodSpec };
    const { response } = mutate(decodedRequest(twice), namespaceWith({}), planner());
    const text = textOf(response.warnings);
    expect(text).toContain(
      'hostPath: spec.volumes[0].hostPath.path is /etc/1, spec.volumes[1].hostPath.path is /etc/2: no container',
    );
    expect(text.split('no container mounts it yet')).toHaveLength(2);
  });

  it('stays within its budget, and counts the rest, whatever a pod is made of', () => {
    const volumes = Array.from({ length: 5000 }, (_, index) => ({
      name: `v${index}`,
      hostPath: { path: `/etc/${'x'.repeat(500)}${index}` },
    }));
    const many = { spec: { ...spec, volumes } as unknown as PodSpec };
    const { response, report } = mutate(decodedRequest(many), namespaceWith({}), planner());
    expect(response.warnings.join('').length).toBeLessThanOrEqual(4096);
    for (const line of response.warnings) expect(line.length).toBeLessThanOrEqual(120);
    const found = report?.findings.find(({ control }) => control === 'hostPath')?.decision;
    expect(found).toMatchObject({ kind: 'flag', more: 4900 });
    expect(response.auditAnnotations['flagged']?.length).toBe(2048);
  });

  it('is not warned where namespace or policy only audit', () => {
    const quiet = [
      answerIn({ 'podtemper.io/mode': 'audit' }),
      answerIn({}, {}, { controls: { runtimeSocket: { mode: 'audit' }, privileged: { mode: 'audit' } } }),
    ];
    for (const { response, report } of quiet) {
      expect(textOf(response.warnings)).not.toContain('docker.sock');
      expect(response.auditAnnotations['flagged']).toContain('runtimeSocket spec.volumes[1].hostPath.path');
      expect(report?.findings.filter(({ decision }) => decision.kind === 'flag')).toHaveLength(2);
    }
  });

  it('is told what the pod will be refused for, where its namespace lets that happen', () => {
    const policy = { controls: { runtimeSocket: { mode: 'deny' } } };
    const told = textOf(answerIn({}, {}, policy).response.warnings);
    expect(told).toContain(
      'to be refused by runtimeSocket: spec.volumes[1].hostPath.path is /var/run/docker.sock',
    );
    expect(told).not.toContain('to be refused by privileged');
    const warned = textOf(answerIn({ 'podtemper.io/mode': 'warn' }, {}, policy).response.warnings);
    expect(warned).toContain('runtimeSocket: spec.volumes[1].hostPath.path is /var/run/docker.sock');
    expect(warned).not.toContain('to be refused');
  });

  it('hears nothing of a control that is off', () => {
    const { response } = answerIn({}, {}, { controls: { runtimeSocket: { mode: 'off' } } });
    expect(textOf(response.warnings)).not.toContain('docker.sock');
    expect(response.auditAnnotations['flagged']).not.toContain('runtimeSocket');
  });
});

describe('a pod opts out', () => {
  const optOut = { 'podtemper.io/opt-out': 'runtimeSocket', 'podtemper.io/opt-out-reason': 'builds images' };

  it('control by control', () => {
    const { response } = answerIn({}, optOut);
    expect(textOf(response.warnings)).not.toContain('docker.sock');
    expect(response.auditAnnotations['flagged']).toBe(
      'privileged spec.containers[1].securityContext.privileged: privilegedContainer',
    );
    expect(response.auditAnnotations['skipped']).toContain('pod runtimeSocket: optedOut');
  });

  it('where its namespace grants that', () => {
    for (const [grant, isHeard] of [
      ['denied', true],
      ['privileged', true],
      ['runtimeSocket.hostPath', false],
    ] as const) {
      const text = textOf(answerIn({ 'podtemper.io/opt-out': grant }, optOut).response.warnings);
      expect([grant, text.includes('docker.sock')]).toEqual([grant, isHeard]);
      expect([grant, text.includes('does not grant it')]).toEqual([grant, isHeard]);
    }
  });

  it('with a reason, where the policy demands one', () => {
    const unfounded = { 'podtemper.io/opt-out': 'runtimeSocket' };
    const { response } = answerIn({}, unfounded, { optOut: { requireReason: true } });
    expect(textOf(response.warnings)).toContain('docker.sock');
    expect(textOf(response.warnings)).toContain('needs a reason');
  });
});

it('an advisory control has no part in the patch', () => {
  const off = Object.fromEntries(
    [...catalogue.values()]
      .filter(({ writes }) => writes.length === 0)
      .map(({ id }) => [id, { mode: 'off' }]),
  );
  const { response } = answerIn({}, {}, { controls: off });
  expect(response.patch.length).toBeGreaterThan(0);
  expect(answerIn({}).response.patch).toEqual(response.patch);
});

describe('the preview', () => {
  const manifest = JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'builder' },
    spec: { template: pod() },
  });
  const shown = preview(manifest, 'builder.yaml', {
    policies: policiesOf(),
    defaultPolicy: 'default',
    mode: 'enforce',
    facts: () => undefined,
    today,
  });

  it('shows it as text, at its place in the manifest', () => {
    const text = renderText(shown);
    expect(text.split('\n')[0]).toContain('2 to mend');
    expect(text).toMatch(
      /^ {4}! runtimeSocket +high: spec\.template\.spec\.volumes\[1\]\.hostPath\.path is$/m,
    );
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'is /var/run/docker.sock (container app) whoever reaches the socket of the container runtime is root on the node, ' +
        'be it mounted read-only → leave the volume out',
    );
    expect(text).not.toContain('hostPorts');
  });

  it('gives programs all of it, and what was found to be in order', () => {
    const { items } = JSON.parse(renderJson(shown)) as { items: { decisions: Record<string, unknown>[] }[] };
    const decisionOf = (id: string) => items[0]?.decisions.find(({ control }) => control === id);
    expect(decisionOf('runtimeSocket')).toMatchObject({
      target: 'pod',
      verdict: 'flag',
      flags: [
        {
          code: 'socket',
          severity: 'high',
          field: 'spec.template.spec.volumes[1].hostPath.path',
          found: '/var/run/docker.sock',
          targets: ['containers/app'],
          means: expect.stringContaining('root on the node'),
          write: expect.stringContaining('leave the volume out'),
        },
      ],
      more: 0,
      optOut: 'podtemper.io/opt-out: runtimeSocket',
    });
    expect(decisionOf('hostPorts')).toMatchObject({ verdict: 'keep', sentence: 'nothing of the kind found' });
  });
});

describe('a pipeline', () => {
  const manifest = [
    'apiVersion: v1',
    'kind: Pod',
    'metadata: { name: builder }',
    'spec:',
    '  containers:',
    '    - name: app',
    '      image: a',
    '      securityContext:',
    '        privileged: true',
    '        capabilities: { add: [SYS_ADMIN, NET_RAW] }',
    '',
  ].join('\n');
  const shownWith = (policy = {}) =>
    preview(manifest, 'builder.yaml', {
      policies: policiesOf(policy),
      defaultPolicy: 'default',
      mode: 'enforce',
      facts: () => undefined,
      today,
    });
  const shown = shownWith();

  it('is told of each field at its line, louder of what warns than of what is only logged', () => {
    const lines = renderGithub(shown).split('\n');
    const about = (id: string) => lines.filter((line) => line.includes(`title=podtemper ${id}:`));
    expect(about('privileged')).toEqual([
      expect.stringMatching(
        /^::warning file=builder\.yaml,line=9,col=\d+,title=podtemper privileged::spec\.containers\[0\]\.securityContext\.privileged is true/,
      ),
    ]);
    expect(about('dangerousCapabilities')).toEqual([
      expect.stringMatching(/^::warning file=builder\.yaml,line=10,.* is SYS_ADMIN \(container app\): /),
      expect.stringMatching(/^::warning file=builder\.yaml,line=10,.* is NET_RAW \(container app\): /),
    ]);
    expect(about('managementPlane')).toEqual([expect.stringMatching(/^::notice /)]);
    expect(about('hostPath')).toEqual([]);
  });

  it('is told of a pod that will be refused as of an error', () => {
    const denied = shownWith({ controls: { privileged: { mode: 'deny' } } });
    expect(renderGithub(denied)).toMatch(
      /^::error .*title=podtemper privileged::the pod will be refused: spec\./m,
    );
    expect(renderSarif(denied)).toMatch(/"ruleId": "privileged",\s+"ruleIndex": \d+,\s+"level": "error"/);
    expect(renderJunit(denied)).toMatch(/name="privileged of pod"[^>]*>\s*<failure/);
    expect(renderText(denied)).toContain('refused by 1 control, 1 to mend');
    expect(renderText(denied)).toMatch(/^ +! privileged +will be refused, high: spec\.containers\[0\]/m);
    expect(renderJson(denied)).toContain('"verdict": "deny"');
  });

  it('has results in SARIF that can be told apart', () => {
    const { runs } = JSON.parse(renderSarif(shown)) as {
      runs: { results: { ruleId: string; level: string; partialFingerprints: Record<string, string> }[] }[];
    };
    const results = runs[0]?.results ?? [];
    const prints = results.map(({ partialFingerprints }) => partialFingerprints['podtemper/v1']);
    expect(new Set(prints).size).toBe(prints.length);
    expect(prints).toContain(
      'Pod/builder/pod/dangerousCapabilities/spec.containers[0].securityContext.capabilities.add[1]',
    );
  });

  it('fails a test for what is to be mended, not for what is only logged', () => {
    const xml = renderJunit(shown);
    const outcomeOf = (id: string) =>
      new RegExp(`<testcase name="${id} of pod"[^>]*?(?:/>|>\\s*<(\\w+))`).exec(xml)?.[1];
    expect(outcomeOf('privileged')).toBe('failure');
    expect(outcomeOf('dangerousCapabilities')).toBe('failure');
    expect(outcomeOf('managementPlane')).toBe('skipped');
    expect(outcomeOf('hostPath')).toBeUndefined();
    expect(xml).toContain('builder.yaml:10:');
  });
});

describe('whoever runs it', () => {
  let metrics: Metrics;
  beforeEach(() => {
    metrics = new Metrics(catalogue.values(), Object.keys(engineSkips), Object.keys(noticeCodes), '1.2.3');
  });

  it('sees it counted by code, and reads it in the log, whatever the mode', async () => {
    const log = recordedLog();
    const observer = new Observer(log, metrics);
    const seen = {
      endpoint: 'mutate',
      uid: 'u',
      namespace: 'shop',
      subResource: '',
      name: 'builder',
      dryRun: false,
    } as const;
    const { report } = answerIn({ 'podtemper.io/mode': 'audit' });
    observer.answered({ ...seen, durationMilliseconds: 1 }, report);
    const samples = parseSamples(await metrics.registry.metrics());
    const flagged = samples.filter(({ labels, value }) => labels['decision'] === 'flag' && value > 0);
    expect(flagged.map(({ labels, value }) => [labels['control'], labels['reason'], value])).toEqual([
      ['privileged', 'privilegedContainer', 1],
      ['runtimeSocket', 'socket', 1],
    ]);
    expect(JSON.stringify(log.lines)).toContain('runtimeSocket spec.volumes[1].hostPath.path socket');
  });
});

describe('a policy', () => {
  const withMode = (mode: string) =>
    `apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata: {name: default}\nspec: {controls: {hostPath: {mode: ${mode}}}}\n`;

  it('cannot ask for what an advisory control does not do', () => {
    expect(() => parsePolicies(withMode('enforce'), 'p.yaml')).toThrow(
      /expected off, audit, warn, deny, found/,
    );
    for (const mode of ['audit', 'deny']) expect(parsePolicies(withMode(mode), 'p.yaml')).toHaveLength(1);
  });

  it('cannot have an image exempt from what is only found', () => {
    const text = withMode('warn').replace('spec: {', 'spec: {images: [{match: a, cannot: [hostPath]}], ');
    expect(() => parsePolicies(text, 'p.yaml')).toThrow(/hostPath/);
  });
});
