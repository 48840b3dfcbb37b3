import { Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { renderChecklists } from '../outputs/checklist.js';
import { renderDiff } from '../outputs/diff.js';
import { renderGithub } from '../outputs/github.js';
import { renderJson } from '../outputs/json.js';
import { renderJunit } from '../outputs/junit.js';
import { renderPatch } from '../outputs/patch.js';
import { renderSarif } from '../outputs/sarif.js';
import { renderText, type TextOptions } from '../outputs/text.js';
import { renderYaml } from '../outputs/yaml.js';
import { namespaceModes } from '../policy/plan.js';
import { type Preview, previewFiles, type PreviewOptions } from '../preview/preview.js';
import { explainControl } from './controls.js';
import { type ClusterFlags, withClusterFlags } from './clusterFlags.js';
import { type FailOn, failOnOption, reasonsToFail } from './failOn.js';
import { guideHelp, withGuide } from './guideFlag.js';
import { type Choices, optionsOf } from './previewOptions.js';
import { readSources } from './previewSources.js';
import { readPolicies } from './policyFiles.js';
import { writeHardened } from './previewWrite.js';
import { progressOn } from './progress.js';
import { readStream } from './readStream.js';
import { complain, type Streams, styleFor, widthOf } from './streams.js';

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

interface Flags extends ClusterFlags, Choices {
  readonly output: keyof typeof renderers;
  readonly policy?: string[];
  readonly namespaceFile?: string;
  readonly write?: boolean;
  readonly failOn?: FailOn[];
  readonly explain?: string;
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** `podtemper preview [FILE|KIND/NAME...|-]`: what the webhook would do to the pods of manifests and live workloads. */
export function previewCommand(streams: Streams = process): Command {
  const command = new Command('preview')
    .summary('show what hardening does to manifests or live workloads')
    .description(
      'Shows what the webhook does to the pods of manifests, why, and what it may break. Nothing is written unless ' +
        'you ask for it. Reads pods, the built-in workloads, lists and AdmissionReviews; other kinds pass through. ' +
        'KIND/NAME, such as deployment/web or sts/db, is a live workload unless there is a file of that name: it is read ' +
        'from the cluster, with the labels, LimitRanges and quotas of its namespace. For files alone no cluster is asked.',
    )
    .argument(
      '[file...]',
      'manifest files, folders of them, live workloads as KIND/NAME, or - for standard input',
    );
  return (
    withClusterFlags(command, 'namespace of live workloads, and of manifests that name none')
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
      .addOption(failOnOption())
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

function collect(path: string, before: string[] = []): string[] {
  return [...before, path];
}

/** Prints the preview, and what could not be read to the error stream; gives what the process is to end with. */
async function run(paths: readonly string[], flags: Flags, streams: Streams): Promise<number> {
  const policies = await readPolicies(...(flags.policy ?? []));
  const sources = await readSources(choosePaths(paths, streams), flags, () => readStream(streams.stdin));
  const { files, about } = sources;
  const progress = progressOn(streams.stderr);
  const onProgress: PreviewOptions['onProgress'] = (...step) => progress.step(...step);
  const shown = previewFiles(files, { ...optionsOf(flags, policies, sources), onProgress });
  const written = flags.write === true ? await writeHardened(files, shown, progress) : undefined;
  const text = written === undefined ? render(shown, flags, streams) : printed(written.lines);
  progress.end();
  streams.stdout.write(text);
  for (const warning of shown.warnings) complain(warning, 'warning: ', files, streams);
  const faults = [...sources.faults, ...shown.faults, ...(written?.faults ?? [])];
  for (const fault of faults) complain(fault, '', [...files, ...about], streams);
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
  const advice = 'try podtemper preview deployment.yaml, or kubectl podtemper preview deployment/web';
  throw new UsageError({
    where: 'preview',
    expected: 'a manifest file, a folder, a live workload or -',
    found: 'nothing',
    advice,
  });
}

function render(shown: Preview, { output, color, guide }: Flags, { stdout }: Streams): string {
  const options: TextOptions = { style: styleFor(stdout, color), width: widthOf(stdout) };
  return guide !== undefined && output === 'text'
    ? renderChecklists(shown, options)
    : renderers[output](shown, options);
}
