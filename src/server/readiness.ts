/** Whether requests should be sent here, and why not. */
export interface Readiness {
  readonly isReady: boolean;
  /** One line for each part: `ok` or what is wrong. */
  readonly parts: Readonly<Record<string, string>>;
}

/** The sum of the parts: ready when each says `ok`. */
export function readinessOf(parts: Readonly<Record<string, string>>): Readiness {
  return { isReady: Object.values(parts).every((part) => part === 'ok' || part.startsWith('ok:')), parts };
}
