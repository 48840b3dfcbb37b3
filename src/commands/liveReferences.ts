import { existsSync } from 'node:fs';
import { type WorkloadKind, workloadKindNamed, workloadKinds } from '../cluster/workloadKinds.js';
import { UsageError } from '../errors.js';
import { didYouMean } from '../policy/nearest.js';

/** A live object, named as kubectl has it. */
export interface LiveReference {
  /** `deployment/web` */
  readonly text: string;
  readonly kind: WorkloadKind;
  readonly name: string;
}

/** What the arguments of a command name. */
export interface Named {
  readonly paths: readonly string[];
  readonly live: readonly LiveReference[];
}

/** Tells live objects from files: what is there as a file or folder is one, and what else has the form KIND/NAME with a
 *  kind that pods come of is a live object.
 *  @throws UsageError where a kind is named alone, or misspelt */
export function tellApart(args: readonly string[]): Named {
  const paths: string[] = [];
  const live: LiveReference[] = [];
  for (const arg of args) {
    const reference = arg === '-' || existsSync(arg) ? undefined : referenceOf(arg);
    if (reference === undefined) paths.push(arg);
    else live.push(reference);
  }
  return { paths, live };
}

const expected = 'a file, or a live workload as KIND/NAME';

/** Kinds by the names that people know. */
const words = workloadKinds.flatMap(({ kind, resource }) => [kind.toLowerCase(), resource]);

function referenceOf(text: string): LiveReference | undefined {
  const [word = '', name, ...rest] = text.split('/');
  const kind = workloadKindNamed(word);
  if (name === undefined && kind !== undefined) {
    const advice = `write ${word}/NAME`;
    throw new UsageError({ where: text, expected, found: 'no such file, and a kind alone', advice });
  }
  if (name === undefined || rest.length > 0 || !isObjectName(name)) return undefined;
  if (kind !== undefined) return { text, kind, name };
  const advice = didYouMean(word, words);
  if (advice === undefined) return undefined;
  throw new UsageError({ where: text, expected, found: `no such file, and no kind "${word}"`, advice });
}

/** An RFC 1123 subdomain, as objects are called, that is not the name of a manifest file. */
function isObjectName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(name) && !/\.(ya?ml|json)$/.test(name);
}
