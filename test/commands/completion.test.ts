import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exitCodes } from '../../src/commands/exitCodes.js';
import { createProgram } from '../../src/commands/program.js';
import { bashCompletion } from '../../src/commands/shell/bash.js';
import { allCommands, describeCommands } from '../../src/commands/shell/commandTree.js';
import { fishCompletion } from '../../src/commands/shell/fish.js';
import { manPage } from '../../src/commands/shell/manPage.js';
import { zshCompletion } from '../../src/commands/shell/zsh.js';
import { controlIds } from '../../src/policy/catalogue.js';

const tree = describeCommands(createProgram(new URL('.', import.meta.url)));
const leaves = allCommands(tree).filter(({ commands }) => commands.length === 0);

describe('what bash completes', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podtemper-completion-'));
    await writeFile(join(directory, 'complete.bash'), bashCompletion(tree));
    await writeFile(join(directory, 'deploy.yaml'), '');
  });

  afterAll(() => rm(directory, { recursive: true }));

  /** What bash offers for the last of the words. */
  async function complete(...words: string[]): Promise<string[]> {
    const script =
      'source ./complete.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _podtemper; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout } = await promisify(execFile)('bash', ['-uc', script, 'bash', 'podtemper', ...words], {
      cwd: directory,
    });
    return stdout.split('\n').filter((line) => line !== '');
  }

  it.each([
    ['a command', ['pre'], ['preview']],
    ['a command of a command', ['policy', ''], ['check', 'show']],
    ['a flag', ['preview', '--fail'], ['--fail-on']],
    ['a flag of a command of a command', ['policy', 'check', '--'], ['--help']],
    ['the words of a flag', ['preview', '--output', 's'], ['sarif']],
    ['the words of a short flag', ['preview', '-o', 'ju'], ['junit']],
    ['the words after an equals sign', ['preview', '--output', '=', 'ya'], ['yaml']],
    ['the words right after an equals sign', ['serve', '--mode', '='], ['enforce', 'warn', 'audit']],
    ['a file', ['preview', 'dep'], ['deploy.yaml']],
    ['a file of a flag', ['preview', 'x', '--policy', 'd'], ['deploy.yaml']],
    ['a control', ['controls', 'runA'], ['runAsNonRoot']],
    ['a control to explain', ['preview', '--explain', 'sec'], ['seccompProfile']],
    ['an image', ['images', 'postg'], ['postgres']],
    ['nothing, where it is anything', ['serve', '--default-policy', ''], []],
    ['nothing, where there is nothing', ['manifests', ''], []],
  ])('%s', async (_title, words, completions) => {
    expect(await complete(...words)).toEqual(completions);
  });
});

describe('every command and flag', () => {
  it('has a summary and a description', () => {
    for (const { path, summary, description, flags } of allCommands(tree).slice(1)) {
      expect({ path, summary, description }).not.toMatchObject({ summary: '' });
      expect({ path, summary, description }).not.toMatchObject({ description: '' });
      for (const flag of flags) expect({ path, flag }).not.toMatchObject({ flag: { description: '' } });
    }
  });

  it('is in the completion of each shell and in the manual', () => {
    const manual = manPage(tree, exitCodes).replaceAll('\\-', '-');
    for (const { path, flags } of leaves) {
      expect(manual).toContain(`.SS podtemper ${path.join(' ')} `);
      for (const { long, spelling } of flags) {
        expect(bashCompletion(tree)).toMatch(new RegExp(`'/${path.join('/')}'\\).*[' ]${long}[' ]`));
        expect(zshCompletion(tree)).toMatch(
          new RegExp(`^_podtemper_${path.join('_')}\\(\\).*[',*]${long}[['}]`, 'm'),
        );
        expect(fishCompletion(tree)).toMatch(
          new RegExp(`seen_subcommand_from ${path.at(-1)}.* -l ${long.slice(2)} `),
        );
        if (long !== '--help') expect(manual).toContain(`.B ${spelling}\n`);
      }
    }
  });
});

describe('preview --explain', () => {
  it('knows the words that complete it', () => {
    const flag = leaves
      .find(({ path }) => path.join(' ') === 'preview')
      ?.flags.find(({ long }) => long === '--explain');
    expect(flag?.value?.words).toEqual(controlIds);
  });
});
