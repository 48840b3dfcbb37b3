import { Command } from 'commander';
import { builtInDocument } from '../policy/policy.js';
import { printYaml } from '../preview/yaml.js';
import { readPolicies } from './policyFiles.js';

/** `podtemper policy check PATH` and `podtemper policy show [PATH]`. */
export function policyCommand(): Command {
  const command = new Command('policy')
    .summary('check or show policies')
    .description('Works with HardeningPolicy documents.');
  command
    .command('check')
    .summary('validate policies')
    .description('Validates a policy file, or all of a folder.')
    .argument('<path>', 'file or folder')
    .action(async (path: string) => {
      const documents = await readPolicies(path);
      const names = documents.map(({ metadata }) => metadata.name).join(', ');
      process.stdout.write(`${path}: ${documents.length} valid (${names || 'none'})\n`);
    });
  command
    .command('show')
    .summary('print policies with their defaults filled in')
    .description('Prints policies with their defaults filled in; without a path, the built-in one.')
    .argument('[path]', 'file or folder')
    .action(async (path: string | undefined) => {
      const documents = path === undefined ? [builtInDocument()] : await readPolicies(path);
      process.stdout.write(documents.map(printYaml).join('---\n'));
    });
  return command;
}
