const FIXED_BYTES = 10;
const FHCRC = 0x02;

/**
 * A gzip file with 0 for the time in its first member's header. Null for what is none, and where the header has a
 * checksum of its own. Source: RFC 1952, 2.3.
 */
export function withoutGzipTime(content: Uint8Array): Uint8Array | null {
  if (content.length < FIXED_BYTES || content[0] !== 0x1f || content[1] !== 0x8b || content[2] !== 8) return null;
  if (((content[3] as number) & FHCRC) !== 0) return null;
  const output = Uint8Array.from(content);
  output.fill(0, 4, 8);
  return output;
}
