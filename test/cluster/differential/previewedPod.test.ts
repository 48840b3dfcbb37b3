/** What a preview may do with a mount that is explicitly writable, and what it may not. */
import { expect, it } from '@jest/globals';
import { hostPathReadOnly } from '../../../src/controls/hostPathReadOnly.js';
import type { PreviewedPod } from '../previewItem.js';
import { writableProblems } from './previewedPod.js';

type Decided = Partial<PreviewedPod['decisions'][number]>;

const mounted = (readOnly?: boolean) => {
  const mount = { name: 'etc', mountPath: '/host', ...(readOnly !== undefined && { readOnly }) };
  return { spec: { containers: [{ name: 'app', image: 'app', volumeMounts: [mount] }] } };
};
const previewed = (readOnly: boolean | undefined, decided: Decided): PreviewedPod => ({
  policy: 'default',
  mode: 'enforce',
  changed: [],
  hardened: mounted(readOnly),
  decisions: [
    {
      target: 'containers/app',
      control: 'hostPathReadOnly',
      verdict: 'skip',
      leftOut: [],
      flags: [],
      notes: [],
      ...decided,
    },
  ],
  notices: [],
});
const closed = previewed(true, { verdict: 'change' });
const { keptWritable = '' } = hostPathReadOnly.notes;

it.each([
  ['leave it open and say so', false, { reason: 'explicitlyWritable' }, []],
  ['leave it open and say so beside another', false, { verdict: 'change', notes: [keptWritable] }, []],
  ['not close it', true, { verdict: 'change' }, ['containers/app /host: closed']],
  ['not leave it open in silence', false, { reason: 'notNeeded' }, ['containers/app /host: not told of']],
])('it may %s', (_what, readOnly, decided, problems) => {
  expect(writableProblems(mounted(false), previewed(readOnly, decided), closed)).toEqual(problems);
});

it('nothing is wrong where nobody says whether it is writable', () => {
  expect(writableProblems(mounted(), closed, closed)).toEqual([]);
});
