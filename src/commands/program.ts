import { Command } from 'commander';
import { version } from '../version.js';
import { auditCommand } from './audit.js';
import { completionCommand } from './completion.js';
import { controlsCommand } from './controls.js';
import { diffCommand } from './diff.js';
import { doctorCommand } from './doctor.js';
import { imagesCommand } from './images.js';
import { manifestsCommand } from './manifests.js';
import { networkPolicyCommand } from './networkPolicy.js';
import { policyCommand } from './policy.js';
import { previewCommand } from './preview.js';
import { serveCommand } from './serve.js';

/** All commands there are. Wrong usage is thrown, as a CommanderError, and not an end of the process. `home` is the
 *  folder of the program, with what it loads only when it is asked for. */
export function createProgram(home: URL): Command {
  const program = new Command('podtemper')
    .description('Hardens Kubernetes pods as they are created, without making them brittle.')
    .version(version);
  program
    .addCommand(serveCommand(home))
    .addCommand(previewCommand())
    .addCommand(diffCommand())
    .addCommand(auditCommand())
    .addCommand(networkPolicyCommand())
    .addCommand(controlsCommand())
    .addCommand(imagesCommand())
    .addCommand(policyCommand())
    .addCommand(doctorCommand())
    .addCommand(manifestsCommand())
    .addCommand(completionCommand(program));
  throwOnExit(program);
  return program;
}

/** Lets wrong usage be told from a fault by its exit code, for commands below commands too. */
function throwOnExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwOnExit(inner);
}
