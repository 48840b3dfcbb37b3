import { describe, expect, it } from '@jest/globals';
import { renderGithub } from '../../src/outputs/github.js';
import { renderJunit } from '../../src/outputs/junit.js';
import { renderSarif } from '../../src/outputs/sarif.js';
import { previewOf } from '../preview/corpus.js';

const namespace = (labels: string) =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { ${labels} } }\n---\n`;
const pod = (...lines: string[]) =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n${lines.join('\n')}\n  containers: [{ name: app, image: busybox }]\n`;

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly level: string;
      readonly partialFingerprints: object;
    }[];
  }[];
}

/** The results in SARIF that come of one rule, which is listed. */
function sarifOf(text: string, rule: string) {
  const [run] = (JSON.parse(renderSarif(previewOf(text))) as Log).runs;
  const results = run?.results.filter(({ ruleId }) => ruleId === rule) ?? [];
  for (const { ruleIndex } of results) expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(rule);
  return results;
}

describe('a pod that Pod Security will refuse', () => {
  const text =
    namespace('podtemper.io/mode: enforce, pod-security.kubernetes.io/enforce: baseline') +
    pod('spec:', '  hostNetwork: true');
  const message =
    'the pod will be refused: its namespace demands baseline; pod: hostNetwork is true. To mend it: in the workload: leave hostNetwork out';

  it('is an error on GitHub, at the field', () => {
    expect(renderGithub(previewOf(text)).split('\n')).toContain(
      `::error file=a.yaml,line=11,col=16,title=podtemper podSecurity::${message}`,
    );
  });

  it('is an error in SARIF, with a rule of its own', () => {
    expect(sarifOf(text, 'podSecurity')).toMatchObject([
      {
        level: 'error',
        message: { text: message },
        locations: [{ physicalLocation: { region: { startLine: 11 } } }],
      },
    ]);
  });

  it('is a failure in JUnit', () => {
    expect(renderJunit(previewOf(text))).toContain(
      `<testcase name="podSecurity of pod" classname="Pod/shop/web">\n      <failure message="a.yaml:11:16: ${message}"/>`,
    );
  });

  it('is told only what keeps it from the level that is demanded', () => {
    const asRoot = text.replace('image: busybox', 'image: busybox, securityContext: { runAsUser: 0 }');
    expect(sarifOf(asRoot, 'podSecurity')).toMatchObject([{ message: { text: message } }]);
  });

  it('is not one where the namespace demands nothing', () => {
    expect(sarifOf(text.replace('enforce: baseline', 'warn: baseline'), 'podSecurity')).toEqual([]);
  });
});

describe('a label or annotation that is not understood', () => {
  const annotated = pod('  annotations: { podtemper.io/opt-out: "runAsNonRot, hostUser" }', 'spec:');
  const message = 'podtemper.io/opt-out: no control "runAsNonRot"; did you mean "runAsNonRoot"?';

  it('is a warning on GitHub, at the annotations', () => {
    expect(renderGithub(previewOf(annotated)).split('\n')).toContain(
      `::warning file=a.yaml,line=6,col=16,title=podtemper unknownControl::${message}`,
    );
  });

  it('is a warning in SARIF, with a rule of its kind and a fingerprint of its own', () => {
    const results = sarifOf(annotated, 'unknownControl');
    expect(results).toMatchObject([
      { level: 'warning', message: { text: message } },
      { level: 'warning', message: { text: expect.stringContaining('"hostUser"') } },
    ]);
    expect(new Set(results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size).toBe(
      2,
    );
  });

  it('is a failure in JUnit, one case a kind', () => {
    const report = renderJunit(previewOf(annotated));
    expect(report.split('<testcase name="unknownControl of pod" classname="Pod/shop/web">')).toHaveLength(2);
    expect(report).toMatch(
      /<failure message="a\.yaml:6:16: podtemper\.io\/opt-out: no control [^\n]*; a\.yaml:6:16: /,
    );
  });

  it('stands at the object where the pod has no annotations', () => {
    expect(renderGithub(previewOf(namespace('podtemper.io/mode: enforced') + pod('spec:')))).toMatch(
      /^::warning file=a\.yaml,line=8,col=3,title=podtemper unknownMode::podtemper\.io\/mode: no mode "enforced"/m,
    );
  });
});
