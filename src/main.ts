// oxlint-disable-next-line import/no-unassigned-import -- its effect has to come before the schemas that others make
import './schemasWithoutEval.js';
import { exitCodeOf } from './commands/exitCodes.js';
import { createProgram } from './commands/program.js';
import { InputError, messageOf } from './errors.js';

/** Ends quietly where nobody reads any further, as `head` does once it has its lines. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader);
try {
  await createProgram(new URL('.', import.meta.url)).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  const isCommanders = error instanceof Error && 'exitCode' in error;
  if (!isCommanders)
    process.stderr.write(
      `podtemper: ${error instanceof InputError ? messageOf(error) : String(error instanceof Error ? error.stack : error)}\n`,
    );
}
