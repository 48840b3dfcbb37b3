import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { runPreview } from './runPreview.js';

interface Hook {
  readonly id: string;
  readonly entry: string;
}

interface Action {
  readonly inputs: Readonly<Record<string, { default: string }>>;
  readonly runs: { readonly args: readonly string[] };
}

const web = 'manifests/examples/web.yaml';

/** The words that follow `podtemper preview`. */
function wordsAfter(line: string): string[] {
  const [program, command, ...words] = line.split(/\s+/).filter((word) => word !== '');
  expect([program, command]).toEqual(['podtemper', 'preview']);
  return words;
}

describe('the hooks for pre-commit', () => {
  it('run what there is', async () => {
    const hooks = parse(await readFile('.pre-commit-hooks.yaml', 'utf8')) as readonly Hook[];
    expect(hooks.map(({ id }) => id)).toEqual(['podtemper', 'podtemper-write']);
    const [check, write] = hooks.map(({ entry }) => wordsAfter(entry));
    // Its pods have a token that they do not ask for.
    expect(await runPreview([...(check ?? []), web])).toMatchObject({
      stderr: 'podtemper: --fail-on finding: 1 finding that no patch can mend\n',
      exitCode: 1,
    });
    await expect(runPreview([...(write ?? []), '-'])).rejects.toThrow('--write: expected manifest files');
  });
});

describe('the GitHub Action', () => {
  /** The line that the runner makes of the arguments, which it joins with spaces. */
  async function lineOf(inputs: Readonly<Record<string, string>>): Promise<string> {
    const action = parse(await readFile('action.yml', 'utf8')) as Action;
    const valueOf = (name: string) => inputs[name] ?? action.inputs[name]?.default ?? '';
    const words = action.runs.args.map((word) =>
      word
        .replace(
          /\$\{\{ inputs\.([\w-]+) && format\('(.*)\{0\}', inputs\.\1\) \}\}/,
          (_all, name: string, flag: string) => valueOf(name) && flag + valueOf(name),
        )
        .replace(/\$\{\{ inputs\.([\w-]+) \}\}/, (_all, name: string) => valueOf(name)),
    );
    expect(words.join('')).not.toContain('${{');
    return `podtemper ${words.join(' ')}`;
  }

  it('prints annotations, and fails on nothing unless it is asked to', async () => {
    const outcome = await runPreview(wordsAfter(await lineOf({ paths: web })));
    expect(outcome).toMatchObject({ stderr: '', exitCode: undefined });
    expect(outcome.stdout).toMatch(/^::warning file=manifests\/examples\/web\.yaml,line=/m);
  });

  it('takes a policy and what to fail on', async () => {
    const line = await lineOf({
      paths: web,
      policy: 'manifests/policies/observe.yaml',
      'fail-on': 'finding',
    });
    expect(await runPreview(wordsAfter(line))).toMatchObject({ exitCode: 1 });
  });
});
