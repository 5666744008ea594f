import { X509Certificate } from 'node:crypto';
import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { describeBytes, hasMagic, linesOf, shortDigest } from './values.js';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
/** Bytes of one line that can be a boundary. */
const MAX_BOUNDARY_BYTES = 100;
/** Certificates of one file that are decoded; a distribution's bundle has some 150. */
const MAX_DECODED = 2000;
/** Blocks of one file that are told apart. */
const MAX_BLOCKS = 10_000;
/** Characters of a subject that are shown. */
const SHOWN_SUBJECT = 200;

/** One block of a PEM file: `content[start, end)`, its last newline included. */
export interface PemBlock {
  /** `CERTIFICATE`, `OPENSSH PRIVATE KEY`, … */
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** The lines between its boundaries. */
  readonly body: { readonly start: number; readonly end: number };
  /** A block without its end goes to the end of the file. */
  readonly complete: boolean;
}

/** The blocks of a PEM file, or null where it has none. Source: RFC 7468. */
export function parsePem(content: Uint8Array): PemBlock[] | null {
  const blocks: PemBlock[] = [];
  let open: { label: string; start: number; body: number } | null = null;
  for (const { start, end, text } of linesOf(content)) {
    if (text[0] !== 0x2d || text.length > MAX_BOUNDARY_BYTES) continue;
    const line = latin1(text).trimEnd();
    if (open === null && line.startsWith(BEGIN) && line.endsWith(DASHES)) {
      open = { label: line.slice(BEGIN.length, -DASHES.length), start, body: end };
    } else if (open !== null && line === `${END}${open.label}${DASHES}`) {
      blocks.push({
        label: open.label,
        start: open.start,
        end,
        body: { start: open.body, end: start },
        complete: true,
      });
      open = null;
      if (blocks.length > MAX_BLOCKS) return null;
    }
  }
  if (open !== null) {
    const { label, start, body } = open;
    blocks.push({ label, start, end: content.length, body: { start: body, end: content.length }, complete: false });
  }
  return blocks.length === 0 ? null : blocks;
}

/**
 * The bundle with its blocks in the order of their bytes, each with the text that stands before it. Two bundles with
 * the same result hold the same blocks with the same remarks.
 * @returns null for what has no blocks, or has private keys or text behind the last one
 */
export function sortedPem(content: Uint8Array): Uint8Array | null {
  const blocks = parsePem(content);
  if (blocks === null) return null;
  const units: { bytes: Uint8Array; key: string }[] = [];
  let at = 0;
  for (const block of blocks) {
    if (!block.complete || isPrivate(block)) return null;
    units.push({ bytes: content.subarray(at, block.end), key: latin1(content, block.start, block.end) });
    at = block.end;
  }
  if (at !== content.length || content[at - 1] !== 0x0a) return null;
  units.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : Buffer.compare(a.bytes, b.bytes)));
  return Buffer.concat(units.map(({ bytes }) => bytes));
}

export const PEM: FormatDecoder = {
  format: 'pem',
  recognises(path, content) {
    if (hasMagic(content, BEGIN)) return true;
    if (!/\.(?:pem|crt|cer|key)$/.test(path) && !mayHoldPrivateKey(content)) return false;
    return parsePem(content) !== null;
  },
  compare(content0, content1) {
    const blocks0 = parsePem(content0);
    const blocks1 = parsePem(content1);
    if (blocks0 === null || blocks1 === null) return null;
    return compareParts(
      { format: this.format },
      { content: content0, parts: partsOf(content0, blocks0, digestsOf(content1, blocks1)) },
      { content: content1, parts: partsOf(content1, blocks1, digestsOf(content0, blocks0)) },
    );
  },
};

/** A private key below other text is to be hidden as well. */
function mayHoldPrivateKey(content: Uint8Array): boolean {
  return (
    Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes('\n-----BEGIN ') &&
    Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes('PRIVATE KEY-----')
  );
}

function isPrivate(block: PemBlock): boolean {
  return block.label.includes('PRIVATE KEY');
}

function digestsOf(content: Uint8Array, blocks: readonly PemBlock[]): Set<string> {
  return new Set(blocks.map(({ start, end }) => shortDigest(content.subarray(start, end))));
}

/** @param shared digests of the other side's blocks: those are not decoded, since that takes most of the time */
function partsOf(content: Uint8Array, blocks: readonly PemBlock[], shared: ReadonlySet<string>): Part[] {
  let decoded = 0;
  return blocks.map((block): Part => {
    const { label, start, end } = block;
    const digest = shortDigest(content.subarray(start, end));
    if (isPrivate(block)) return { name: label, start, end, value: `private key, not shown, sha256 ${digest}` };
    if (shared.has(digest)) return { name: `${label} with sha256 ${digest}`, start, end, value: null };
    const isCertificate = label.endsWith('CERTIFICATE') && decoded++ < MAX_DECODED;
    const certificate = isCertificate ? certificateOf(content, block) : null;
    if (certificate !== null) return { ...certificate, start, end };
    return { name: label, start, end, value: describeBytes(content.subarray(start, end)) };
  });
}

function certificateOf(content: Uint8Array, block: PemBlock): { name: string; value: string } | null {
  return describeCertificate(Buffer.from(latin1(content, block.body.start, block.body.end), 'base64'));
}

/** A certificate in DER for people: its subject as name; its issuer, validity and fingerprint. Null for anything else. */
export function describeCertificate(der: Uint8Array): { name: string; value: string } | null {
  try {
    const certificate = new X509Certificate(der);
    const subject = oneLine(certificate.subject);
    const valid = `valid from ${certificate.validFrom} to ${certificate.validTo}`;
    const serial = certificate.serialNumber.slice(0, 64);
    return {
      name: subject === '' ? 'certificate' : subject,
      value: `issuer ${oneLine(certificate.issuer)}, serial ${serial}, ${valid}, SHA-256 ${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
    };
  } catch {
    /* OpenSSL does not take it for a certificate. */
    return null;
  }
}

/** `CN=…, O=…` */
function oneLine(name: string | undefined): string {
  return (name ?? '').slice(0, SHOWN_SUBJECT).split('\n').join(', ');
}
