import { createHash } from 'node:crypto';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { describeCertificate } from './pem.js';
import { decodeText, describeBytes, equalBytes, MAX_RECORDS, textValue, timeValue, toHex, viewOf } from './values.js';

const JKS_MAGIC = 0xfeedfeed;
const HEADER_BYTES = 12;
const DIGEST_BYTES = 20;
const DATE_BYTES = 8;
const PRIVATE_KEY = 1;
const TRUSTED_CERTIFICATE = 2;

/** One entry of a Java key store: `content[start, end)`. */
export interface JksEntry {
  readonly alias: string;
  readonly isKey: boolean;
  readonly start: number;
  readonly end: number;
  /** Where the eight bytes of its date stand. */
  readonly date: number;
  /** Milliseconds since 1970. */
  readonly time: bigint;
  /** The protected key, of a key's entry. */
  readonly key: { readonly start: number; readonly end: number } | null;
  /** Certificates in DER: the one, or a key's chain. */
  readonly certificates: readonly { readonly start: number; readonly end: number }[];
}

/** A Java key store (JKS). */
export interface Jks {
  readonly version: number;
  readonly entries: readonly JksEntry[];
  /** Where the digest of all before it stands, 20 bytes, the last of the file. */
  readonly digest: number;
}

/**
 * Reads a key store of type JKS, versions 1 and 2.
 * Source: OpenJDK, `sun/security/provider/JavaKeyStore.java`, `engineStore`.
 * @returns null for anything else, also one with bytes left over
 */
export function parseJks(content: Uint8Array): Jks | null {
  if (content.length < HEADER_BYTES + DIGEST_BYTES) return null;
  const view = viewOf(content);
  const version = view.getUint32(4);
  if (view.getUint32(0) !== JKS_MAGIC || (version !== 1 && version !== 2)) return null;
  const digest = content.length - DIGEST_BYTES;
  const entries: JksEntry[] = [];
  let at = HEADER_BYTES;
  /** Where `bytes` more bytes start, or a place behind everything. */
  const take = (bytes: number): number => {
    const start = at;
    at = bytes <= digest - at ? at + bytes : Number.POSITIVE_INFINITY;
    return at <= digest ? start : Number.POSITIVE_INFINITY;
  };
  const number = (bytes: 2 | 4): number => {
    const start = take(bytes);
    if (start > digest) return 0;
    return bytes === 2 ? view.getUint16(start) : view.getUint32(start);
  };
  const takeCertificate = (): { start: number; end: number } => {
    if (version === 2) take(number(2));
    const length = number(4);
    const start = take(length);
    return { start, end: start + length };
  };
  for (let count = view.getUint32(8); count > 0; count--) {
    if (entries.length > MAX_RECORDS) return null;
    const start = at;
    const tag = number(4);
    if (tag !== PRIVATE_KEY && tag !== TRUSTED_CERTIFICATE) return null;
    const aliasLength = number(2);
    const alias = take(aliasLength);
    const date = take(DATE_BYTES);
    if (at > digest) return null;
    let key: JksEntry['key'] = null;
    const certificates: { start: number; end: number }[] = [];
    if (tag === PRIVATE_KEY) {
      const length = number(4);
      const keyStart = take(length);
      key = { start: keyStart, end: keyStart + length };
      for (let chain = number(4); chain > 0 && at <= digest; chain--) certificates.push(takeCertificate());
    } else certificates.push(takeCertificate());
    if (at > digest) return null;
    entries.push({
      alias: decodeText(content.subarray(alias, alias + aliasLength)),
      isKey: tag === PRIVATE_KEY,
      start,
      end: at,
      date,
      time: view.getBigInt64(date),
      key,
      certificates,
    });
  }
  return at === digest ? { version, entries, digest } : null;
}

/** The password of the JDK's own trust store, which Debian's and Red Hat's packages keep. */
const DEFAULT_PASSWORD = 'changeit';

/** The digest that a JKS of this content has with the password `changeit`. */
function digestWithDefaultPassword(content: Uint8Array): Uint8Array {
  const password = Buffer.from(DEFAULT_PASSWORD, 'utf16le').swap16();
  return createHash('sha1').update(password).update('Mighty Aphrodite').update(content).digest();
}

/**
 * The key store with 0 for all dates of its entries, and the digest that follows from that: only where it holds no keys
 * and its digest is the one of the default password, so that the digest is known to follow from what is before it.
 * @returns null for anything else
 */
export function withoutJksDates(content: Uint8Array): Uint8Array | null {
  const store = parseJks(content);
  if (store === null || store.entries.some(({ isKey }) => isKey)) return null;
  if (!equalBytes(content.subarray(store.digest), digestWithDefaultPassword(content.subarray(0, store.digest))))
    return null;
  const output = Uint8Array.from(content);
  for (const { date } of store.entries) output.fill(0, date, date + DATE_BYTES);
  output.set(digestWithDefaultPassword(output.subarray(0, store.digest)), store.digest);
  return output;
}

export const JKS: FormatDecoder = {
  format: 'java-keystore',
  recognises: (_path, content) => content.length >= 4 && viewOf(content).getUint32(0) === JKS_MAGIC,
  compare(content0, content1) {
    const store0 = parseJks(content0);
    const store1 = parseJks(content1);
    if (store0 === null || store1 === null) return null;
    return compareParts(
      { format: this.format },
      { content: content0, parts: partsOf(content0, store0) },
      { content: content1, parts: partsOf(content1, store1) },
    );
  },
};

function partsOf(content: Uint8Array, store: Jks): Part[] {
  const parts: Part[] = [
    { name: 'magic', start: 0, end: 4, value: toHex(content.subarray(0, 4)) },
    { name: 'version', start: 4, end: 8, value: store.version },
    { name: 'count', start: 8, end: 12, value: store.entries.length },
  ];
  for (const entry of store.entries) {
    const inner: Part[] = [
      { name: 'date', start: entry.date, end: entry.date + DATE_BYTES, value: timeValue(Number(entry.time) / 1000) },
    ];
    if (entry.key !== null) {
      inner.push({
        name: 'key',
        ...entry.key,
        value: `private key, not shown, ${describeBytes(content.subarray(entry.key.start, entry.key.end))}`,
      });
    }
    for (const { start, end } of entry.certificates) {
      const der = content.subarray(start, end);
      inner.push({
        name: 'certificate',
        start,
        end,
        value: () => {
          const decoded = describeCertificate(der);
          return decoded === null ? describeBytes(der) : `${decoded.name}, ${decoded.value}`;
        },
      });
    }
    parts.push({
      name: textValue(Buffer.from(entry.alias)),
      start: entry.start,
      end: entry.end,
      value: entry.isKey ? 'private key, not shown' : 'trusted certificate',
      parts: inner,
    });
  }
  parts.push({
    name: 'digest',
    start: store.digest,
    end: content.length,
    value: toHex(content.subarray(store.digest)),
  });
  return parts;
}

/** The object identifier of `data` (1.2.840.113549.1.7.1) in DER, with which a PKCS #12 file's content begins. */
const PKCS7_DATA = '06092a864886f70d010701';

export const PKCS12: FormatDecoder = {
  format: 'pkcs12',
  recognises(_path, content) {
    /* SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER data … */
    const head = toHex(content.subarray(0, 32));
    return content[0] === 0x30 && head.includes(PKCS7_DATA) && /^30(?:8[1-4])?(?:[0-9a-f]{2}){1,4}?02010330/.test(head);
  },
  compare(content0, content1) {
    if (!this.recognises('', content0) || !this.recognises('', content1)) return null;
    /* All that matters in it is encrypted under a password, with random salts. */
    const parts = (content: Uint8Array): Part[] => [
      { name: 'content', start: 0, end: content.length, value: describeBytes(content), opaque: true },
    ];
    return compareParts(
      { format: this.format },
      { content: content0, parts: parts(content0) },
      { content: content1, parts: parts(content1) },
    );
  },
};
