import type { Operation } from 'fast-json-patch';
import type { Pod } from '../kubernetes.js';
import type { Notice } from '../policy/notices.js';
import type { NamespaceMode, Plan } from '../policy/plan.js';
import type { Finding, Report } from './report.js';

/** The report on a pod that was asked about. A class, because a getter in an object literal gives V8 a new shape for each report, which outlives it. */
export class HardeningReport implements Report {
  readonly policy: string;
  readonly mode: NamespaceMode;
  readonly exemption = undefined;
  readonly findings: readonly Finding[];
  readonly notices: readonly Notice[];
  readonly changed: readonly string[];
  readonly patch: readonly Operation[];
  readonly #grant: () => Pod;
  #hardened: Pod | undefined;

  constructor(
    { policy, mode }: Plan,
    { findings, notices, changed, patch }: Pick<Report, 'findings' | 'notices' | 'changed' | 'patch'>,
    grantWishes: () => Pod,
  ) {
    this.policy = policy;
    this.mode = mode;
    this.findings = findings;
    this.notices = notices;
    this.changed = changed;
    this.patch = patch;
    this.#grant = grantWishes;
  }

  /** Worked out when first asked for: the admission path answers with the patch and never looks at it. */
  get hardened(): Pod {
    return (this.#hardened ??= this.#grant());
  }
}
