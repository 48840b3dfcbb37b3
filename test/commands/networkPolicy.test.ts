import { describe, expect, it } from '@jest/globals';
import { networkPolicyCommand } from '../../src/commands/networkPolicy.js';
import type { Streams } from '../../src/commands/streams.js';
import { policiesIn } from '../networkpolicy/proposals.js';

const demo = 'manifests/examples/web.yaml';

async function run(words: readonly string[], input = '', isTTY = false) {
  const written = { stdout: '', stderr: '' };
  const chunks = async function* () {
    yield* [input];
  };
  const streams: Streams = {
    stdin: { isTTY, [Symbol.asyncIterator]: chunks },
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  };
  const silent = { writeOut: () => undefined, writeErr: () => undefined };
  await networkPolicyCommand(streams)
    .exitOverride()
    .configureOutput(silent)
    .parseAsync(words, { from: 'user' });
  return { ...written, exitCode: streams.exitCode };
}

describe('podtemper networkpolicy', () => {
  it('prints policies for files, and that they are for review', async () => {
    const { stdout, stderr, exitCode } = await run([demo]);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: undefined });
    expect(stdout).toMatch(/^# For review by a person: podtemper prints these and never applies them\./);
    expect(policiesIn(stdout).map(({ metadata }) => metadata.name)).toEqual(['default-deny', 'web']);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(104);
  });

  it('takes addresses of the API server, single ones and blocks', async () => {
    const { stdout } = await run([demo, '--api-server', '10.96.0.1', '--api-server', 'fd00::/64']);
    const world = policiesIn(stdout)[1]?.spec.egress?.at(-1);
    expect(world?.to?.[0]?.ipBlock?.except).toContain('10.96.0.1/32');
    expect(world?.to?.[1]?.ipBlock?.except).toContain('fd00::/64');
    expect(stdout).toContain('(from --api-server)');
  });

  it.each(['example.com', '10.0.0.1/33', '10.0.0.0/0', '10.0.0.1/8/8', '', '10.0.0.1/'])(
    'refuses %j as such',
    async (address) => {
      await expect(run([demo, `--api-server=${address}`])).rejects.toThrow(
        `--api-server: expected an address or a block, such as 10.96.0.1 or 10.0.0.0/28, found "${address}"`,
      );
    },
  );

  it('reads standard input, and tells what it cannot read', async () => {
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a: b}}\nspec: {containers: []}\n';
    expect(policiesIn((await run([], pod)).stdout)).toHaveLength(2);
    const { stdout, stderr, exitCode } = await run(['-'], `${pod}---\nkind: Pod\n`);
    expect(policiesIn(stdout)).toHaveLength(2);
    expect(stderr).toContain('apiVersion');
    expect(exitCode).toBe(2);
  });

  it('says what is missing', async () => {
    await expect(run([], '', true)).rejects.toThrow('expected a manifest file, a folder, - or --namespace');
    await expect(run([], 'apiVersion: v1\nkind: Service\n')).rejects.toThrow('expected a workload or a pod');
    await expect(run([demo, '-n', 'shop'])).rejects.toThrow('expected files or a namespace, found both');
    await expect(run(['-n', 'sh/op', '--kubeconfig', 'none'])).rejects.toThrow('the name of a namespace');
    await expect(run(['-n', 'shop', '--kubeconfig', 'none'])).rejects.toThrow('no such file');
  });
});
