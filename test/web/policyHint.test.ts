import { describe, expect, it } from '@jest/globals';
import { controlIds } from '../../src/policy/catalogue.js';
import { policyHint } from '../../src/web/view/policyHint.js';

/** The hint where `|` stands. */
function hintAt(marked: string) {
  const { path, keys, values } = policyHint(marked.replace('|', ''), marked.indexOf('|'));
  return { path, words: values.length > 0 ? [...values] : keys.map(({ key }) => key) };
}

const head = 'apiVersion: podtemper.io/v1alpha1\nkind: HardeningPolicy\n';

describe('what can be written in a policy', () => {
  it.each([
    ['at the outside, what is not there yet', `${head}|`, '', ['metadata', 'spec']],
    [
      'in an empty spec',
      `${head}spec:\n  |`,
      'spec',
      ['controls', 'images', 'imageCatalogue', 'requireHardened', 'optOut', 'ephemeralContainers'],
    ],
    [
      'in a control, after what it has',
      `${head}spec:\n  controls:\n    runAsNonRoot:\n      mode: audit\n      |`,
      'spec.controls.runAsNonRoot',
      ['runAsUser'],
    ],
    [
      'of a mode, its values',
      `${head}spec:\n  controls:\n    seccompProfile:\n      mode: |`,
      'spec.controls.seccompProfile',
      ['off', 'audit', 'warn', 'enforce'],
    ],
    ['of a switch, its values', `${head}spec:\n  optOut:\n    allowed: |`, 'spec.optOut', ['true', 'false']],
    [
      'in an item of a list',
      `${head}spec:\n  images:\n    - match: nginx\n      ta|`,
      'spec.images.0',
      [
        'tags',
        'runAsUser',
        'fsGroup',
        'writablePaths',
        'dataPaths',
        'neverMount',
        'keepCapabilities',
        'lowPorts',
        'stepsDown',
        'cannot',
        'advice',
      ],
    ],
    ['below what there is not', `${head}spec:\n  nothing:\n    |`, 'spec.nothing', []],
  ])('%s', (_where, marked, path, words) => {
    expect(hintAt(marked)).toEqual({ path, words });
  });

  it('below controls, every control, with what it does', () => {
    const text = `${head}spec:\n  controls:\n    `;
    const { keys } = policyHint(text, text.length);
    expect(keys.map(({ key }) => key)).toEqual([...controlIds]);
    for (const { description } of keys) expect(description).not.toBe('');
  });
});
