import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  annotated,
  dryRun,
  hardenedAnnotation,
  modeLabel,
  ownWarnings,
  policyLabel,
  policyNamed,
  usualControls,
} from './barePod.js';
import { type Cluster } from './cluster.js';
import { type Installation, install } from './installation.js';
import { connect } from './shared.js';

const optOutLabel = 'podtemper.io/opt-out';
const strict = policyNamed('strict', { optOut: { requireReason: true, requireExpiry: true } });

let cluster: Cluster;
let installation: Installation;

beforeAll(async () => {
  cluster = await connect();
  installation = await install(cluster, { values: { policies: { strict } } });
});

afterAll(async () => {
  await installation?.uninstall();
  cluster?.close();
});

describe('an opt-out', () => {
  const optOut = 'podtemper.io/opt-out';
  const without = (...ids: string[]) =>
    usualControls
      .split(', ')
      .filter((id) => !ids.includes(id))
      .join(',');

  /** Title, namespace labels, pod annotations, controls that change the pod all the same, what is pointed out. */
  const cases: [string, Record<string, string>, Record<string, string>, string, RegExp | undefined][] = [
    [
      'of one control',
      {},
      { [optOut]: 'readOnlyRootFilesystem' },
      without('readOnlyRootFilesystem'),
      undefined,
    ],
    [
      'of several',
      {},
      { [optOut]: 'resources, runAsNonRoot' },
      without('resources', 'runAsNonRoot'),
      undefined,
    ],
    ['of all', {}, { [optOut]: 'all' }, '', undefined],
    [
      'with a misspelt control',
      {},
      { [optOut]: 'readOnlyRootFileSystem,capabilities' },
      without('capabilities'),
      /^podtemper\.io\/opt-out: no control "readOnlyRootFileSystem"; did you mean "?readOnlyRootFilesystem"?\?/,
    ],
    [
      'by a misspelt annotation',
      {},
      { 'podtemper.io/optout': 'all' },
      without(),
      /^no annotation "podtemper\.io\/optout"; did you mean "?podtemper\.io\/opt-out"?\?/,
    ],
    [
      'that has expired',
      {},
      { [optOut]: 'all', 'podtemper.io/opt-out-until': '2020-02-29' },
      without(),
      /^its opt-out ended on 2020-02-29 and no longer counts/,
    ],
    [
      'that has not expired yet',
      {},
      { [optOut]: 'all', 'podtemper.io/opt-out-until': '2999-12-31' },
      '',
      undefined,
    ],
    [
      'until no day at all',
      {},
      { [optOut]: 'all', 'podtemper.io/opt-out-until': 'tomorrow' },
      without(),
      /^podtemper\.io\/opt-out-until: expected a date such as \S+, found "tomorrow"/,
    ],
    [
      'that the namespace denies',
      { [optOutLabel]: 'denied' },
      { [optOut]: 'all' },
      without(),
      /^its opt-out ignored: the namespace does not grant it/,
    ],
    [
      'of which the namespace grants a part',
      { [optOutLabel]: 'resources.capabilities' },
      { [optOut]: 'resources,runAsNonRoot' },
      without('resources'),
      /^opt-out of runAsNonRoot ignored: the namespace does not grant it/,
    ],
    [
      'without the reason that the policy demands',
      { [policyLabel]: 'strict' },
      { [optOut]: 'all' },
      without(),
      /^its opt-out needs a reason: set podtemper\.io\/opt-out-reason/,
    ],
    [
      'without the last day that the policy demands',
      { [policyLabel]: 'strict' },
      { [optOut]: 'all', 'podtemper.io/opt-out-reason': 'old' },
      without(),
      /^its opt-out needs a last day: set podtemper\.io\/opt-out-until/,
    ],
    [
      'with all that the policy demands',
      { [policyLabel]: 'strict' },
      {
        [optOut]: 'capabilities',
        'podtemper.io/opt-out-reason': 'old',
        'podtemper.io/opt-out-until': '2999-12-31',
      },
      without('capabilities'),
      undefined,
    ],
  ];

  it.each(cases)('%s', async (title, labels, annotations, changed, notice) => {
    const namespace = await installation.createNamespace(title.replaceAll(' ', '-'), {
      [modeLabel]: 'enforce',
      ...labels,
    });
    const { status, body, warnings } = await dryRun(cluster, namespace, annotated(annotations));
    expect(status).toBe(201);
    const policy = labels[policyLabel] ?? 'default';
    expect(ownWarnings(warnings)).toEqual([
      ...(notice ? [expect.stringMatching(notice)] : []),
      ...(changed === '' ? [] : [`hardened by policy ${policy}: ${changed.replaceAll(',', ', ')}`]),
    ]);
    expect(body.metadata?.annotations).toEqual({
      ...annotations,
      ...(changed !== '' && { [hardenedAnnotation]: `${policy}: ${changed}` }),
    });
  });
});
