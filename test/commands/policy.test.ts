import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { parsePolicies } from '../../src/policy/load.js';
import { program } from '../server/program.js';
import { policyDocument } from '../admission/plans.js';
import { ScratchFolder } from './scratchFolder.js';

// A process of its own takes its time to start where others are busy.
jest.setTimeout(30_000);

const folder = new ScratchFolder();
beforeAll(() => folder.open());
afterAll(() => folder.close());

describe('podtemper policy show', () => {
  it('prints policies that are read as they were, however long their lines', async () => {
    const long = [' ', '\\', '"', "'", ': ', ' #', '\t'].map((part) => `/${`word${part}`.repeat(40)}`);
    const documents = [
      policyDocument('a', { images: [{ match: 'nginx', writablePaths: ['/a b/c'], neverMount: long }] }),
      policyDocument('b'),
    ];
    const file = await folder.write('a.yaml', documents.map((one) => JSON.stringify(one)).join('\n---\n'));
    const { stdout, status } = spawnSync(process.execPath, [program, 'policy', 'show', file], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(parsePolicies(stdout, 'shown')).toEqual(documents);
    const longest = stdout.split('\n').filter((line) => line.includes('word'));
    expect(longest).toHaveLength(long.length);
  });
});
