import { ruleNames, type Verdict } from './judge.js';

/** What became of all pods together. */
export class Tally {
  readonly #counts = { pods: 0, accepted: 0, hardened: 0, previewed: 0 };
  readonly #breaches = new Map<string, number>(ruleNames.map((rule) => [rule, 0]));
  /** How often the API server refused pods without us for which reason, names and numbers left out. */
  readonly #refusals = new Map<string, number>();

  add({ isAccepted, isHardened, isPreviewed, refusal, breaches }: Verdict): void {
    this.#counts.pods += 1;
    if (isAccepted) this.#counts.accepted += 1;
    if (isHardened) this.#counts.hardened += 1;
    if (isPreviewed) this.#counts.previewed += 1;
    if (refusal !== undefined) countUp(this.#refusals, kindOf(refusal));
    for (const { rule } of breaches) countUp(this.#breaches, rule);
  }

  get pods(): number {
    return this.#counts.pods;
  }

  /** Part of the pods that the API server takes without us. */
  get accepted(): number {
    return this.#counts.accepted / Math.max(1, this.#counts.pods);
  }

  /** A table for people: how many pods, and how many broke each rule. */
  describe(): string {
    const { pods, accepted, hardened, previewed } = this.#counts;
    const lines = [...this.#breaches].map(([rule, count]) => `${String(count).padStart(8)} ${rule}`);
    return [
      `${pods} generated pods: ${accepted} accepted without us (${pods - accepted} refused), ` +
        `${hardened} of them hardened, ${previewed} previewed`,
      ...lines,
    ].join('\n');
  }

  /** The most frequent refusals, the first one first. */
  describeRefusals(most = 12): string {
    const sorted = [...this.#refusals].toSorted(([, a], [, b]) => b - a).slice(0, most);
    return sorted.map(([kind, count]) => `${String(count).padStart(8)} ${kind}`).join('\n');
  }
}

function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function kindOf(message: string): string {
  return message.replaceAll(/"[^"]*"|\d+|e2e-[\w-]+/g, '…').slice(0, 160);
}
