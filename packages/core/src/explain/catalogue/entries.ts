import type { Finding } from '../../compare/finding.js';
import type { TarHeader } from '../../tar/entry.js';

/** The headers that a finding is of; null for a side without one. */
export function headersOf({ entries }: Finding): readonly [TarHeader | null, TarHeader | null] {
  return [entries?.[0]?.header ?? null, entries?.[1]?.header ?? null];
}

/** Both headers, where both sides have one that fits. */
export function bothHeaders(finding: Finding, fits: (header: TarHeader) => boolean): boolean {
  return headersOf(finding).every((header) => header !== null && fits(header));
}

/** The header of a path that one side has alone; null for any other finding. */
export function aloneHeader(finding: Finding): TarHeader | null {
  if (finding.field !== 'type' || !finding.values.includes(null)) return null;
  const [header0, header1] = headersOf(finding);
  return header0 ?? header1;
}

/** Whether the trees right after the layers are the same: it is only how a layer is written. */
export function isWriting({ tree, excuses }: Finding): boolean {
  return tree === undefined && excuses.some((excuse) => excuse.includes('layer-encoding'));
}

/** Bits of a mode as the report writes it, in octal; null for anything else. */
function modeOf(value: unknown): number | null {
  return typeof value === 'string' && /^[0-7]{1,12}$/.test(value) ? Number.parseInt(value, 8) : null;
}

/** The bits of a mode that differ; 0 for what is no difference of modes. */
export function changedBits({ field, values }: Finding): number {
  if (field !== 'mode') return 0;
  const [mode0, mode1] = [modeOf(values[0]), modeOf(values[1])];
  return mode0 === null || mode1 === null ? 0 : mode0 ^ mode1;
}
