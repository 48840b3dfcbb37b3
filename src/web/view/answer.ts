import type { InputError } from '../../errors.js';
import { renderPatch } from '../../outputs/patch.js';
import { renderSarif } from '../../outputs/sarif.js';
import { renderYaml } from '../../outputs/yaml.js';
import { viewObjects, type ObjectView } from './objects.js';
import { policyFault, previewOf } from './previewOf.js';
import type { PageQuestion } from './question.js';

/** Something that is wrong with what a person wrote, and where; lines and columns from 1. */
export interface FaultView {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** All that the page shows of one question. */
export interface PageAnswer {
  /** The manifests with hardening; undefined where nothing could be read. */
  readonly hardened: string | undefined;
  readonly objects: readonly ObjectView[];
  /** Of the manifests: what could not be read, then what is hardly meant. */
  readonly faults: readonly FaultView[];
  /** Of the policy of one's own. While it has one, nothing else is known. */
  readonly policyFault: FaultView | undefined;
}

/** The forms in which a result can be taken away. */
const downloads = { yaml: renderYaml, patch: renderPatch, sarif: renderSarif } as const;
export type DownloadFormat = keyof typeof downloads;

/** What the page shows. */
export function answer(question: PageQuestion): PageAnswer {
  const fault = question.ownPolicy === undefined ? undefined : policyFault(question.ownPolicy);
  if (fault !== undefined) {
    return { hardened: undefined, objects: [], faults: [], policyFault: viewFault(fault) };
  }
  const shown = previewOf(question);
  const hardened = shown.items.length === 0 ? undefined : renderYaml(shown);
  return {
    hardened,
    objects: viewObjects(shown, hardened ?? ''),
    faults: [...shown.faults, ...shown.warnings].map(viewFault),
    policyFault: undefined,
  };
}

/** The result as a file.
 *  @throws InputError where there is none */
export function download(question: PageQuestion, format: DownloadFormat): string {
  const shown = previewOf(question);
  const [fault] = shown.faults;
  if (fault !== undefined && shown.items.length === 0) throw fault;
  return downloads[format](shown);
}

function viewFault({ complaint, position }: InputError): FaultView {
  const { where, expected, found, advice } = complaint;
  const { line = 1, column = 1 } = position ?? {};
  const remedy = advice === undefined ? '' : `; ${advice}`;
  return { text: `${where}: expected ${expected}, found ${found}${remedy}`, line, column };
}
