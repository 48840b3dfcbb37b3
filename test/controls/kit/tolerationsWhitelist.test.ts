/** As VerifyAgainstWhitelist (pkg/util/tolerations) of the API server. */
import { expect, it } from '@jest/globals';
import { isWhitelisted } from '../../../src/controls/kit/tolerationsWhitelist.js';
import { unknownNamespace } from '../../../src/kubernetes.js';

const factsWith = (text: string) => ({
  ...unknownNamespace('x'),
  annotations: { 'scheduler.alpha.kubernetes.io/tolerationsWhitelist': text },
});
const pool = { key: 'pool', operator: 'Equal', value: 'shop', effect: 'NoSchedule' };
const spot = { key: 'spot', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 };

it.each([
  ['nothing is listed', pool, [], true],
  ['it is listed', pool, [pool], true],
  ['its key is listed for all values', pool, [{ key: 'pool', operator: 'Exists' }], true],
  ['its key and value are listed for all effects', pool, [{ key: 'pool', value: 'shop' }], true],
  ['all keys are listed', pool, [{ operator: 'Exists' }], true],
  ['all keys are listed for its effect', pool, [{ operator: 'Exists', effect: 'NoSchedule' }], true],
  ['all keys are listed for another effect', pool, [{ operator: 'Exists', effect: 'NoExecute' }], false],
  ['another value is listed', pool, [{ ...pool, value: 'bank' }], false],
  ['another key is listed', pool, [{ key: 'disk', operator: 'Exists' }], false],
  ['no key is listed for a value', pool, [{ value: 'shop' }], false],
  ['it is for all values and one is listed', spot, [{ ...spot, operator: 'Equal', value: 'yes' }], false],
  ['it ends before the listed one', spot, [{ ...spot, tolerationSeconds: 60 }], true],
  ['it ends after the listed one', spot, [{ ...spot, tolerationSeconds: 20 }], false],
  ['the listed one does not end', spot, [{ ...spot, tolerationSeconds: null }], true],
  ['another is listed beside it', pool, [spot, pool], true],
])('tells whether a toleration is allowed where %s', (_what, wanted, entries, isAllowed) => {
  expect(isWhitelisted(wanted, factsWith(JSON.stringify(entries)))).toBe(isAllowed);
});

it.each(['', '[', '{}', '["spot"]'])('reads the whitelist %j', (text) => {
  expect(isWhitelisted(pool, factsWith(text))).toBe(text === '');
});
