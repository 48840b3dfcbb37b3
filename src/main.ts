import { Command } from 'commander';
import { controlsCommand } from './commands/controls.js';
import { manifestsCommand } from './commands/manifests.js';
import { policyCommand } from './commands/policy.js';
import { serveCommand } from './commands/serve.js';
import { InputError, messageOf } from './errors.js';
import { version } from './version.js';

const program = new Command('podtemper')
  .description('Hardens Kubernetes pods as they are created, without making them brittle.')
  .version(version)
  .addCommand(serveCommand())
  .addCommand(controlsCommand())
  .addCommand(policyCommand())
  .addCommand(manifestsCommand())
  .exitOverride();

/** 0 fine, 1 a fault of ours, 2 wrong usage or input. */
function exitCodeOf(error: unknown): number {
  if (error instanceof InputError) return 2;
  if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2;
  return 1;
}

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
