import { describe, expect, it } from '@jest/globals';
import { reasonsToFail } from '../../src/commands/failOn.js';
import { renderGithub } from '../../src/outputs/github.js';
import { renderJson } from '../../src/outputs/json.js';
import { renderJunit } from '../../src/outputs/junit.js';
import { renderSarif } from '../../src/outputs/sarif.js';
import { renderText } from '../../src/outputs/text.js';
import { previewOf } from '../preview/corpus.js';

const manifest = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    template: {
      spec: {
        securityContext: { runAsUser: 101 },
        initContainers: [{ name: 'setup', image: 'example.com/setup:1' }],
        containers: [
          { name: 'quiet', image: 'example.com/quiet:1' },
          { name: 'web', image: 'example.com/web:1', env: [{ name: 'JAVA_OPTS', value: '-Xmx2g' }] },
        ],
      },
    },
  },
});

/** In the namespace of an OpenShift cluster. */
const shown = previewOf(manifest, {
  facts: (name) => ({
    name,
    labels: {},
    annotations: { 'openshift.io/sa.scc.uid-range': '1000680000/10000' },
    limitRanges: [],
    resourceQuotas: [],
  }),
});

describe('advice', () => {
  it('stands in the text with its container, the field, and the line that avoids it', () => {
    const text = renderText(shown, { width: 300 });
    const [, own = ''] = text.split(/^ {2}container web$/m);
    expect(own.split(/^\s*$/m)[0]).toMatch(
      /^ {4}\? jvmMemory +env\[0\]\.value: a heap of 2Gi .*\n +→ resources\.limits\.memory: 2560Mi$/m,
    );
    expect(text).toContain(
      '? openShiftRange            spec.template.spec.securityContext.runAsUser: OpenShift gives',
    );
    expect(text.split('jvmMemory')).toHaveLength(2);
  });

  it('stands in the JSON with the field of the object', () => {
    const { items } = JSON.parse(renderJson(shown)) as {
      items: { advice: { advisor: string; field: string }[] }[];
    };
    expect(items[0]?.advice.map(({ advisor, field }) => [advisor, field])).toContainEqual([
      'jvmMemory',
      'spec.template.spec.containers[1].env[0].value',
    ]);
    expect(items[0]?.advice[0]?.field).toBe('spec.template.spec.securityContext.runAsUser');
  });

  const heap =
    /container web: spec\.template\.spec\.containers\[1\]\.env\[0\]\.value: a heap of 2Gi .* To avoid it: resources/;

  it('is a note in SARIF, with a rule of its own, at the field', () => {
    const { runs } = JSON.parse(renderSarif(shown)) as {
      runs: {
        tool: { driver: { rules: { id: string; shortDescription: { text: string } }[] } };
        results: { ruleId: string; ruleIndex: number; level: string }[];
      }[];
    };
    const { tool, results = [] } = runs[0] ?? {};
    const found = results.find(({ ruleId }) => ruleId === 'jvmMemory');
    expect(found).toMatchObject({
      level: 'note',
      message: { text: expect.stringMatching(heap) },
      locations: [
        {
          physicalLocation: { region: { startLine: 1, startColumn: manifest.indexOf('"-Xmx2g"') + 1 } },
          logicalLocations: [{ fullyQualifiedName: 'Deployment/shop/web/containers/web' }],
        },
      ],
    });
    expect(tool?.driver.rules[found?.ruleIndex ?? -1]).toMatchObject({
      id: 'jvmMemory',
      shortDescription: { text: expect.stringContaining('JVM flags') },
    });
    for (const { ruleId, ruleIndex } of results) expect(tool?.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  it('is a notice for GitHub, and skipped in JUnit: no pipeline fails by it', () => {
    const notice = renderGithub(shown)
      .split('\n')
      .filter((line) => line.includes('podtemper jvmMemory'));
    expect(notice).toEqual([expect.stringMatching(new RegExp(`^::notice file=.*::${heap.source}`))]);
    expect(renderJunit(shown)).toMatch(
      new RegExp(
        `<testcase name="jvmMemory of containers/web" classname="Deployment/shop/web">\\s*<skipped>a\\.yaml:1:\\d+: ${heap.source}`,
      ),
    );
    const before = shown.items.map((item) => ({ ...item, advice: [] }));
    const reasons = reasonsToFail(['warning', 'finding', 'refused'], shown);
    expect(reasons).toEqual(reasonsToFail(['warning', 'finding', 'refused'], { ...shown, items: before }));
  });
});
