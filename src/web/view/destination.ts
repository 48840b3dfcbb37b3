import { type Path, pathOf } from '../../preview/paths.js';
import type { PreviewItem } from '../../preview/preview.js';
import { readDocuments, type SourceDocument } from '../../preview/yaml.js';

/** Finds fields in the hardened text, where what was added stands. */
export class Destination {
  readonly #documents: readonly SourceDocument[];

  constructor(hardened: string) {
    this.#documents = readDocuments(hardened, '').documents;
  }

  /** The line, from 1, of a path of the pod in an object of that document; of the nearest thing around it where it is
   *  not there. */
  lineOf(document: number, { pointer, templatePointer }: PreviewItem, path: Path): number {
    // Of an AdmissionReview only the object is in the hardened text.
    const root = pointer.startsWith('/request/object') ? '' : pointer;
    const whole = [...pathOf(root + templatePointer), ...path];
    return this.#documents[document]?.positionOf(whole).line ?? 1;
  }
}
