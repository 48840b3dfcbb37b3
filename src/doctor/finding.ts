import type { Complaint } from '../errors.js';
import type { Installation } from './installation.js';

export const severities = ['error', 'warning'] as const;
/** `error`: pods are not hardened, are refused, or soon will be. `warning`: it works, and will bite. */
export type Severity = (typeof severities)[number];

/** What a check may find, by code. */
export interface FaultKind {
  readonly severity: Severity;
  /** What comes of it, as the end of a sentence. */
  readonly means: string;
}

/** One thing that is wrong, and what to do about it. */
export interface Fault<Code extends string = string> extends Required<Complaint> {
  readonly code: Code;
}

/** One thing to look at. */
export interface Check {
  readonly id: string;
  /** What it looks at, as a noun. */
  readonly looksAt: string;
  readonly faults: Readonly<Record<string, FaultKind>>;
  readonly examine: (installation: Installation) => readonly Fault[];
}

/** A check whose every code is declared: docs and tests follow from the declaration.
 *  @param check the check; what it gives may have the codes that it declares, and no other */
export function defineCheck<Code extends string>(check: {
  readonly id: string;
  readonly looksAt: string;
  readonly faults: Readonly<Record<Code, FaultKind>>;
  readonly examine: (installation: Installation) => readonly Fault<NoInfer<Code>>[];
}): Check {
  return check;
}

/** A fault with all that its kind says of it. */
export interface Finding extends Fault, FaultKind {
  readonly check: string;
}
