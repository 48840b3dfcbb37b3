import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from '../src/cluster/connection.js';
import { watchNamespaceFacts } from '../src/cluster/namespaceFacts.js';
import { systemTiming, type Timing } from '../src/cluster/timing.js';

/** Follows the namespaces of a cluster as the webhook does, but lists them anew each few seconds instead of each ten
 *  minutes. Prints a line of JSON when it starts and after each round of three lists. */
const [kubeconfig = '', rounds = '1'] = process.argv.slice(2);

/** Ten minutes become ten seconds. */
const haste = 60;
const timing: Timing = {
  ...systemTiming,
  after: (delay, callback) => systemTiming.after(delay > 500_000 ? delay / haste : delay, callback),
};

const connection = await connect({ kubeconfig });
if (connection === undefined) throw new Error(`${kubeconfig}: no cluster`);
print({ what: 'before the first list', seconds: 0 });

let round = 0;
const begun = new Map<string, number>();
const taken: number[] = [];
const source = watchNamespaceFacts(
  {
    get: (path, options) => {
      if (!path.includes('continue=')) begun.set(resourceOf(path), performance.now());
      return connection.get(path, options);
    },
    // A watch follows the list as soon as that is taken in.
    watch: (path, ...rest) => {
      noteListed(resourceOf(path));
      return connection.watch(path, ...rest);
    },
  },
  { timing },
);

function noteListed(resource: string): void {
  const start = begun.get(resource);
  if (start === undefined) return;
  begun.delete(resource);
  taken.push((performance.now() - start) / 1000);
  if (taken.length < 3) return;
  print({ what: round === 0 ? 'first list' : `list anew, ${round}`, seconds: Math.max(...taken.splice(0)) });
  round += 1;
  if (round > Number(rounds)) source.stop();
}

function resourceOf(path: string): string {
  return path.slice('/api/v1/'.length, path.indexOf('?'));
}

/** With the memory in use now and the most since the last line, both in MiB. */
function print(fields: { what: string; seconds: number }): void {
  const status = readFileSync('/proc/self/status', 'utf8');
  const mib = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  process.stdout.write(`${JSON.stringify({ ...fields, resident: mib('VmRSS'), peak: mib('VmHWM') })}\n`);
  writeFileSync('/proc/self/clear_refs', '5'); // The peak counts from here (proc(5)).
}
