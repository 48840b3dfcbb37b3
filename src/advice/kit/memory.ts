const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes of a size as the JVM spells it: `2g`, `512M`, `1073741824`. */
export function parseJvmSize(text: string): number | undefined {
  const match = /^(\d{1,15})([kmgt]?)$/i.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? 1);
}

/** A number of bytes as a quantity, in Mi rounded up, or in Gi where that is whole. */
export function spellBytes(bytes: number): string {
  const mebibytes = Math.ceil(bytes / 1024 ** 2);
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}
