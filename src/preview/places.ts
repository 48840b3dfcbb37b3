import { LineCounter } from 'yaml';
import { type Complaint, ManifestError, type Position } from '../errors.js';

/** How many lines above a fault a template may stand that is to blame for it. */
const templateReach = 3;

/** Offsets of a text as lines and columns. */
export class Places {
  readonly #text: string;
  readonly #file: string;
  readonly #lines = new LineCounter();

  constructor(text: string, file: string) {
    [this.#text, this.#file] = [text, file];
    this.#lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      this.#lines.addNewLine(at + 1);
  }

  at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line, column: col };
  }

  error(offset: number, complaint: Complaint): ManifestError {
    return new ManifestError(complaint, this.at(offset));
  }

  /** What is no YAML there; where it comes of a template, that is said instead. */
  syntaxError(offset: number, complaint: Complaint): ManifestError {
    const template = this.#templateNear(offset);
    if (template !== undefined) return this.error(template, templateComplaint);
    // The parser names the beginning of a line that is indented wrongly.
    const blanks = /^ */.exec(this.#text.slice(offset, offset + maxIndent))?.[0].length ?? 0;
    return this.error(offset + blanks, complaint);
  }

  #templateNear(offset: number): number | undefined {
    const { line } = this.at(offset);
    const start = this.#lines.lineStarts[Math.max(0, line - 1 - templateReach)] ?? 0;
    const end = this.#lines.lineStarts[line] ?? this.#text.length;
    const index = this.#text.slice(start, end).indexOf('{{');
    return index === -1 ? undefined : start + index;
  }
}

const maxIndent = 200;

const templateComplaint: Complaint = {
  where: 'manifest',
  expected: 'YAML',
  found: 'a template that is not rendered yet',
  advice: 'try helm template CHART | podtemper preview -',
};
