import { Command } from 'commander';
import { controlsCommand } from './commands/controls.js';
import { imagesCommand } from './commands/images.js';
import { manifestsCommand } from './commands/manifests.js';
import { policyCommand } from './commands/policy.js';
import { previewCommand } from './commands/preview.js';
import { serveCommand } from './commands/serve.js';
import { InputError, messageOf } from './errors.js';
import { version } from './version.js';

const program = new Command('podtemper')
  .description('Hardens Kubernetes pods as they are created, without making them brittle.')
  .version(version)
  .addCommand(serveCommand())
  .addCommand(previewCommand())
  .addCommand(controlsCommand())
  .addCommand(imagesCommand())
  .addCommand(policyCommand())
  .addCommand(manifestsCommand());
throwOnExit(program);

/** Lets wrong usage be told from a fault by its exit code, for commands below commands too. */
function throwOnExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwOnExit(inner);
}

/** Ends quietly where nobody reads any further, as `head` does once it has its lines. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

/** 0 fine, 1 a fault of ours, 2 wrong usage or input. */
function exitCodeOf(error: unknown): number {
  if (error instanceof InputError) return 2;
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
  return 1;
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  const isCommanders = error instanceof Error && 'exitCode' in error;
  if (!isCommanders)
    process.stderr.write(
      `podtemper: ${error instanceof InputError ? messageOf(error) : String(error instanceof Error ? error.stack : error)}\n`,
    );
}
