import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type InputError, messageOf, UsageError } from '../errors.js';
import { renderChecklists } from '../outputs/checklist.js';
import { renderDiff } from '../outputs/diff.js';
import { excerptOf } from '../outputs/excerpt.js';
import { renderGithub } from '../outputs/github.js';
import { renderJson } from '../outputs/json.js';
import { renderJunit } from '../outputs/junit.js';
import { renderPatch } from '../outputs/patch.js';
import { renderSarif } from '../outputs/sarif.js';
import { plain, type Style } from '../outputs/style.js';
import { renderText, type TextOptions } from '../outputs/text.js';
import { renderYaml } from '../outputs/yaml.js';
import { type NamespaceMode, namespaceModes } from '../policy/plan.js';
import { compilePolicies } from '../policy/policy.js';
import type { PolicyDocument } from '../policy/schema.js';
import { checkPolicyName, defaultPolicyOf, guideNamed } from '../preview/choices.js';
import type { ManifestFile } from '../preview/manifests.js';
import { readNamespaceFiles } from '../preview/namespaces.js';
import { type Preview, previewFiles, type PreviewOptions } from '../preview/preview.js';
import { explainControl } from './controls.js';
import { type FailOn, failOnChoices, failOnHelp, reasonsToFail } from './failOn.js';
import { guideHelp, withGuide } from './guideFlag.js';
import { readManifestFiles } from './manifestFiles.js';
import { readPolicies } from './policyFiles.js';
import { writeHardened } from './previewWrite.js';
import { readStream } from './readStream.js';

/** The streams that the command reads and writes. */
export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** What the process ends with. */
  exitCode?: typeof process.exitCode;
}

interface Output {
  write(text: string): unknown;
  readonly columns?: number;
  /** Of a terminal only. Says no where NO_COLOR is set. */
  hasColors?(): boolean;
}

const renderers = {
  text: renderText,
  diff: renderDiff,
  yaml: renderYaml,
  json: renderJson,
  patch: renderPatch,
  sarif: renderSarif,
  junit: renderJunit,
  github: renderGithub,
} as const;

interface Flags {
  readonly output: keyof typeof renderers;
  readonly policy?: string[];
  readonly policyName?: string;
  readonly mode?: NamespaceMode;
  readonly namespaceFile?: string;
  readonly write?: boolean;
  readonly failOn?: FailOn[];
  readonly explain?: string;
  /** True where none is named. */
  readonly guide?: string | true;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** `podtemper preview [FILE...|-]`: what the webhook would do to the pods of manifests. */
export function previewCommand(streams: Streams = process): Command {
  return (
    new Command('preview')
      .summary('show what hardening does to manifests')
      .description(
        'Shows what the webhook does to the pods of manifests, why, and what it may break. Nothing is written unless ' +
          'you ask for it, and no cluster is asked. Reads pods, the built-in workloads, lists and AdmissionReviews; other kinds pass through.',
      )
      .argument('[file...]', 'manifest files, folders of them, or - for standard input')
      .addOption(
        new Option('-o, --output <format>', 'what to print').choices(Object.keys(renderers)).default('text'),
      )
      .option('--policy <path>', 'HardeningPolicy file or folder; can be given again', collect)
      .option('--policy-name <name>', 'policy to use, whatever the namespace says')
      .addOption(
        new Option('--mode <mode>', 'mode to use, whatever the namespace says').choices([...namespaceModes]),
      )
      .option(
        '--namespace-file <path>',
        'manifests of the Namespaces, LimitRanges and ResourceQuotas to reckon with, besides those among the files',
      )
      .addOption(
        new Option('-w, --write', 'write the additions into the files, every other line as it is').conflicts(
          'output',
        ),
      )
      .addOption(new Option('--fail-on <what>', failOnHelp).choices(failOnChoices).argParser(collectFailOn))
      .option('--explain <control>', 'tell all about one control, and read nothing')
      .option('--guide [name]', guideHelp)
      .option('--no-color', 'no colours')
      // Wrong usage ends with 2, as all wrong input does, and not with Commander's 1.
      .exitOverride()
      .action(async (paths: string[], flags: Flags) => {
        if (flags.explain !== undefined) {
          streams.stdout.write(explainControl(flags.explain, '--explain'));
          return;
        }
        const exitCode = await run(...withGuide(paths, flags), streams);
        if (exitCode > 0) streams.exitCode = exitCode;
      })
  );
}

function collectFailOn(one: string, before: FailOn[] = []): FailOn[] {
  const known = failOnChoices.find((choice) => choice === one);
  if (known === undefined) throw new InvalidArgumentError(`Allowed choices are ${failOnChoices.join(', ')}.`);
  return [...before, known];
}

function collect(path: string, before: string[] = []): string[] {
  return [...before, path];
}

/** Prints the preview, and what could not be read to the error stream; gives what the process is to end with. */
async function run(paths: readonly string[], flags: Flags, streams: Streams): Promise<number> {
  const { policy: policyPaths = [], namespaceFile } = flags;
  const policies = await readPolicies(...policyPaths);
  const input = () => readStream(streams.stdin);
  const sources = await readManifestFiles(choosePaths(paths, streams), input);
  const about = await readManifestFiles(namespaceFile === undefined ? [] : [namespaceFile], input);
  const namespaces = readNamespaceFiles(about.files);
  const shown = previewFiles(sources.files, optionsOf(flags, policies, namespaces));
  const written = flags.write === true ? await writeHardened(sources.files, shown) : undefined;
  streams.stdout.write(written === undefined ? render(shown, flags, streams) : printed(written.lines));
  for (const warning of shown.warnings) complain(warning, 'warning: ', sources.files, streams);
  const faults = [
    ...sources.faults,
    ...about.faults,
    ...namespaces.faults,
    ...shown.faults,
    ...(written?.faults ?? []),
  ];
  for (const fault of faults) complain(fault, '', [...sources.files, ...about.files], streams);
  if (faults.length > 0) return 2;
  const reasons = reasonsToFail(flags.failOn ?? [], shown);
  for (const reason of reasons) streams.stderr.write(`podtemper: ${reason}\n`);
  return reasons.length > 0 ? 1 : 0;
}

function printed(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function choosePaths(paths: readonly string[], { stdin }: Streams): readonly string[] {
  if (paths.length > 0) return paths;
  if (stdin.isTTY !== true) return ['-'];
  const advice =
    'try podtemper preview deployment.yaml, or kubectl get deploy web -o yaml | podtemper preview -';
  throw new UsageError({
    where: 'preview',
    expected: 'a manifest file, a folder or -',
    found: 'nothing',
    advice,
  });
}

/** A flag beats what a namespace says; one that says nothing counts as one in mode `enforce`. */
function optionsOf(
  { mode, policyName, guide }: Flags,
  documents: readonly PolicyDocument[],
  { facts, only }: ReturnType<typeof readNamespaceFiles>,
): PreviewOptions {
  const policies = compilePolicies(documents);
  checkPolicyName(policyName, policies, '--policy-name');
  return {
    policies,
    defaultPolicy: defaultPolicyOf(documents, 'default'),
    mode: 'enforce',
    namespace: only,
    facts: (name) => facts.get(name),
    chosen: { mode, policy: policyName },
    guide: typeof guide === 'string' ? guideNamed(guide, '--guide') : undefined,
    today: new Date().toISOString().slice(0, 10),
  };
}

/** Widest report, in characters: longer lines are hard to read. */
const maxWidth = 100;

function render(shown: Preview, { output, color, guide }: Flags, { stdout }: Streams): string {
  const options: TextOptions = {
    style: styleFor(stdout, color),
    width: Math.max(60, Math.min(stdout.columns || maxWidth, maxWidth)),
  };
  return guide !== undefined && output === 'text'
    ? renderChecklists(shown, options)
    : renderers[output](shown, options);
}

function styleFor(output: Output, isWanted: boolean): Style {
  if (!isWanted || output.hasColors?.() !== true) return plain;
  return (format, text) => styleText(format, text, { validateStream: false });
}

function complain(
  fault: InputError,
  prefix: string,
  files: readonly ManifestFile[],
  { stderr }: Streams,
): void {
  const { position } = fault;
  const text = files.find(({ file }) => file === position?.file)?.text;
  const excerpt = position === undefined || text === undefined ? [] : excerptOf(text, position);
  stderr.write([`podtemper: ${prefix}${messageOf(fault)}`, ...excerpt].map((line) => `${line}\n`).join(''));
}
