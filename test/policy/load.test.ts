import { describe, expect, it } from '@jest/globals';
import { PolicyError } from '../../src/errors.js';
import { parsePolicies, parsePolicyFiles } from '../../src/policy/load.js';

const head = 'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\nmetadata:\n  name: default\n';

/** The error that a text comes to. */
function errorOf(text: string): PolicyError {
  try {
    parsePolicies(text, 'p.yaml');
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new RangeError(`no error in ${text}`);
}

const messageOf = (text: string) => errorOf(text).message;

describe('parsePolicies', () => {
  it('reads every document of a text', () => {
    const second = head.replace('default', 'strict');
    const documents = parsePolicies(`# policies\n---\n${head}---\n${second}...\n---\n`, 'p.yaml');
    expect(documents.map(({ metadata }) => metadata.name)).toEqual(['default', 'strict']);
  });

  it.each(['', '\n', '# nothing\n', '---\n', '---\n---\n# still nothing\n', 'null'])(
    'finds no policy in the empty text %j',
    (text) => {
      expect(parsePolicies(text, 'p.yaml')).toEqual([]);
    },
  );

  it('reads JSON, anchors and carriage returns', () => {
    const json = '{"apiVersion":"podtemper.io/v1alpha1","kind":"HardeningPolicy","metadata":{"name":"a"}}';
    expect(parsePolicies(json, 'p.json')).toHaveLength(1);
    const anchors =
      'spec:\n  images:\n    - { match: a, writablePaths: &w [/a] }\n    - { match: b, writablePaths: *w }\n';
    expect(parsePolicies(head + anchors, 'p.yaml')[0]?.spec.images[1]?.writablePaths).toEqual(['/a']);
    expect(parsePolicies(head.replaceAll('\n', '\r\n'), 'p.yaml')).toHaveLength(1);
  });

  it('carries place and parts of the complaint beside its message', () => {
    const error = errorOf(`${head}spec:\n  optOut: { allowed: 1 }\n`);
    expect(error).toMatchObject({ code: 'policy', name: 'PolicyError' });
    expect(error.position).toEqual({ file: 'p.yaml', line: 6, column: 22 });
    expect(error.complaint).toEqual({ where: 'spec.optOut.allowed', expected: 'boolean', found: '1' });
  });
});

describe('a name that two policies have', () => {
  it('is an error that names both places, in one text', () => {
    expect(messageOf(`${head}---\n${head.replace('default', 'b')}---\n${head}`)).toBe(
      'p.yaml:14:9: metadata.name: expected a name of its own, found "default" again, after p.yaml:4:9; rename one',
    );
  });

  it('is an error that names both places, in two files', () => {
    const files = ['a.yaml', 'b.yaml'].map((file) => ({ file, text: `# ${file}\n${head}` }));
    expect(() => parsePolicyFiles(files)).toThrow(
      'b.yaml:5:9: metadata.name: expected a name of its own, found "default" again, after a.yaml:5:9; rename one',
    );
  });
});

describe('an unknown key', () => {
  it.each([
    [
      'spec:\n  controls:\n    runAsNonRot:\n      mode: enforce\n',
      'p.yaml:7:5: spec.controls.runAsNonRot: expected a known key, found "runAsNonRot"; did you mean "runAsNonRoot"?',
    ],
    [
      'spec:\n  controls:\n    resources: { limit: {} }\n',
      'p.yaml:7:18: spec.controls.resources.limit: expected a known key, found "limit"; did you mean "limits"?',
    ],
    [
      'spec:\n  images:\n    - match: nginx\n      runasuser: 101\n',
      'p.yaml:8:7: spec.images.0.runasuser: expected a known key, found "runasuser"; did you mean "runAsUser"?',
    ],
    ['specs: {}\n', 'p.yaml:5:1: specs: expected a known key, found "specs"; did you mean "spec"?'],
    [
      'spec:\n  optOut: { zzz: true }\n',
      'p.yaml:6:13: spec.optOut.zzz: expected a known key, found "zzz"; remove it, or use allowed, requireReason, requireExpiry',
    ],
  ])('is named with its place and the nearest one: %j', (text, message) => {
    expect(messageOf(head + text)).toBe(message);
  });

  it('is found in a later document, at its place in the file', () => {
    expect(messageOf(`${head}---\n${head}spek: {}\n`)).toMatch(/^p\.yaml:10:1: spek: /);
  });
});

describe('a wrong value', () => {
  it.each([
    [
      'controls: { resources: enforce }',
      'p.yaml:6:26: spec.controls.resources: expected object, found "enforce"',
    ],
    ['controls: [runAsNonRoot]', 'p.yaml:6:13: spec.controls: expected object, found a list'],
    ['images: { match: nginx }', 'p.yaml:6:11: spec.images: expected array, found a mapping'],
    [
      'controls: { runAsNonRoot: { runAsUser: "1000" } }',
      'p.yaml:6:42: spec.controls.runAsNonRoot.runAsUser: expected number, found "1000"',
    ],
    ['images: [{ runAsUser: 101 }]', 'p.yaml:6:12: spec.images.0.match: expected string, found nothing'],
    [
      'controls: { runAsNonRoot: { mode: enforced } }',
      'p.yaml:6:37: spec.controls.runAsNonRoot.mode: expected off, audit, warn, enforce, found "enforced"; ' +
        'did you mean "enforce"?',
    ],
    [
      'images: [{ match: a, cannot: [runAsRoot] }]',
      'p.yaml:6:33: spec.images.0.cannot.0: expected allowPrivilegeEscalation, capabilities, fsGroup, ' +
        'hostPathReadOnly, hostUsers, readOnlyRootFilesystem, resources, runAsNonRoot, scheduling, ' +
        'seccompProfile, serviceAccountToken, unprivilegedPorts, found "runAsRoot"; ' +
        'did you mean "runAsNonRoot"?',
    ],
    [
      'controls: { resources: { limits: { memory: 1 Gi } } }',
      'p.yaml:6:46: spec.controls.resources.limits.memory: expected a quantity above 0, such as 500m or 64Mi, ' +
        'found "1 Gi"',
    ],
    [
      'controls: { readOnlyRootFilesystem: { sizeLimit: " 1Gi" } }',
      'p.yaml:6:52: spec.controls.readOnlyRootFilesystem.sizeLimit: expected a quantity such as 1Gi, found " 1Gi"',
    ],
    [
      'controls: { readOnlyRootFilesystem: { writablePaths: [/tmp, cache] } }',
      'p.yaml:6:63: spec.controls.readOnlyRootFilesystem.writablePaths.1: expected an absolute path, found "cache"',
    ],
    [
      'images: [{ match: a, writablePaths: [/proc/self] }]',
      'p.yaml:6:40: spec.images.0.writablePaths.0: expected a path outside /proc, /sys and /dev, found "/proc/self"',
    ],
    [
      'controls: { scheduling: { nodeSelector: { kubernetes.io/os: linux } } }',
      'p.yaml:6:63: spec.controls.scheduling.nodeSelector.kubernetes.io/os: expected another label: the operating ' +
        'system is for the pod to choose, found "kubernetes.io/os"',
    ],
    [
      'controls: { scheduling: { tolerations: [{ key: node.kubernetes.io/not-ready, operator: Exists }] } }',
      'p.yaml:6:50: spec.controls.scheduling.tolerations.0.key: expected a taint of yours: Kubernetes has its own ' +
        'tolerated as each pod needs it, found "node.kubernetes.io/not-ready"',
    ],
    [
      'controls: { scheduling: { tolerations: [{ key: a, operator: Exists, value: b }] } }',
      'p.yaml:6:78: spec.controls.scheduling.tolerations.0.value: expected no value with Exists, found "b"',
    ],
    [
      'controls: { scheduling: { topologySpreadConstraints: [{ topologyKey: zone, minDomains: 2 }] } }',
      'p.yaml:6:90: spec.controls.scheduling.topologySpreadConstraints.0.minDomains: expected no minDomains with ' +
        'ScheduleAnyway, found 2',
    ],
    [
      'controls: { resources: { requests: { cpu: 2 } } }',
      'p.yaml:6:26: spec.controls.resources: expected each request to be at most its limit, found a mapping',
    ],
  ])('is named with its place, what was expected and what was found: %s', (spec, message) => {
    expect(messageOf(`${head}spec:\n  ${spec}\n`)).toBe(message);
  });

  it.each([
    ['runAsUser', '0'],
    ['runAsUser', '-1'],
    ['runAsUser', '1.5'],
    ['runAsUser', '2147483648'],
    ['runAsUser', '.nan'],
    ['runAsUser', 'null'],
    ['mode', 'null'],
    ['mode', 'false'],
    ['mode', 'deny'],
  ])('is refused: %s: %s', (key, value) => {
    expect(messageOf(`${head}spec:\n  controls:\n    runAsNonRoot:\n      ${key}: ${value}\n`)).toMatch(
      /^p\.yaml:8:\d+: spec\.controls\.runAsNonRoot\.(runAsUser|mode): expected /,
    );
  });

  it('is refused in the head of a document', () => {
    expect(messageOf(head.replace('v1alpha1', 'v1'))).toBe(
      'p.yaml:1:13: apiVersion: expected podtemper.io/v1alpha1, found "podtemper.io/v1"',
    );
    expect(messageOf(head.replace('default', 'Default'))).toBe(
      'p.yaml:4:9: metadata.name: expected a name of lower-case letters, digits and hyphens, found "Default"',
    );
    expect(messageOf(head.replace('default', 'a'.repeat(64)))).toMatch(
      /^p\.yaml:4:9: metadata\.name: expected .*63/,
    );
    expect(messageOf('kind: HardeningPolicy\n')).toBe(
      'p.yaml:1:1: apiVersion: expected podtemper.io/v1alpha1, found nothing',
    );
  });

  it.each([
    ['word', '"word"'],
    ['[]', 'an empty list'],
    ['42', '42'],
  ])('is refused in place of a document: %s', (text, found) => {
    expect(messageOf(text)).toBe(`p.yaml:1:1: document: expected object, found ${found}`);
  });

  it('is told in part where it is long', () => {
    const found = `"${'a'.repeat(58)}…`;
    expect(messageOf('a'.repeat(200_000))).toBe(`p.yaml:1:1: document: expected object, found ${found}`);
    expect(messageOf(`metadata: {name: a}\n${'k'.repeat(200_000)}: 1\n`).length).toBeLessThan(1200);
  });
});

describe('a text that is no YAML', () => {
  it.each([
    [
      'a key twice',
      'spec:\n  optOut: {}\n  optOut: {}\n',
      /^p\.yaml:7:3: policy: expected YAML, found .*unique/,
    ],
    ['tabs', 'spec:\n\toptOut: {}\n', /^p\.yaml:6:1: policy: expected YAML, found tabs are not allowed/],
    ['an open bracket', 'spec: {\n', /^p\.yaml:\d+:\d+: policy: expected YAML, found /],
    [
      'an alias without an anchor',
      'spec: *nothing\n',
      /^p\.yaml:\d+:\d+: policy: expected YAML, found .*nothing/i,
    ],
    ['deep nesting', `spec: ${'['.repeat(10_000)}\n`, /^p\.yaml:\d+:\d+: policy: expected YAML, found /],
    ['deep mappings', `spec: ${'{a: '.repeat(10_000)}\n`, /^p\.yaml:\d+:\d+: policy: expected YAML, found /],
    ['control characters', 'spec: "\u0000"\n', /^p\.yaml:\d+:\d+: /],
  ])('is refused with its place: %s', (_what, text, message) => {
    expect(messageOf(head + text)).toMatch(message);
  });

  it('is refused where aliases would make it explode', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
    );
    expect(messageOf(`${head}l0: &l0 [x]\n${levels.join('\n')}\n`)).toMatch(
      /^p\.yaml:\d+:\d+: policy: expected YAML/,
    );
  });

  it('gives nothing a chance to reach the prototype of all objects', () => {
    expect(messageOf(`${head}__proto__: { polluted: true }\n`)).toMatch(/__proto__/);
    expect(messageOf(`${head}spec:\n  controls:\n    __proto__: { mode: off }\n`)).toMatch(/__proto__/);
    expect('polluted' in {}).toBe(false);
  });
});
