const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** A limit as written: a positive whole number, with k, M, G or T for powers of 1024. Null for anything else. */
export function parseLimit(text: string): number | null {
  const match = /^([0-9]+)([kmgt]?)$/i.exec(text);
  if (match === null) return null;
  const value = Number(match[1]) * (FACTORS[(match[2] as string).toLowerCase()] as number);
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** The shortest form that `parseLimit` reads as `value`. */
export function showLimit(value: number): string {
  for (const suffix of ['T', 'G', 'M', 'k']) {
    const factor = FACTORS[suffix.toLowerCase()] as number;
    if (value % factor === 0) return `${value / factor}${suffix}`;
  }
  return String(value);
}
