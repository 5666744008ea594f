import { createHash } from 'node:crypto';
import { latin1 } from '../../bytes/latin1.js';
import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { linesOf, textValue } from './values.js';

const KEY = /^((?:ssh|ecdsa|sk)-[a-z0-9@.-]{1,60}) ([A-Za-z0-9+/=]{16,16384})(?:$| )/;
const MAX_KEYS = 1000;
const MAX_LINE_BYTES = 32 * 1024;

/** A public key of OpenSSH: one line of `content`, with the ranges of its fields. */
export interface SshPublicKey {
  readonly type: string;
  /** As `ssh-keygen -l` shows it: `SHA256:…`. */
  readonly fingerprint: string;
  readonly start: number;
  readonly end: number;
  readonly key: { readonly start: number; readonly end: number };
  readonly comment: { readonly start: number; readonly end: number };
}

/** The keys of a `.pub` file, one a line, or null where a line is none. Source: sshd(8), "AUTHORIZED_KEYS FILE FORMAT". */
export function parseSshPublicKeys(content: Uint8Array): SshPublicKey[] | null {
  const keys: SshPublicKey[] = [];
  for (const { start, end, text } of linesOf(content)) {
    if (text.length > MAX_LINE_BYTES || keys.length >= MAX_KEYS) return null;
    const match = KEY.exec(latin1(text));
    if (match === null) return null;
    const [, type, base64] = match as unknown as [string, string, string];
    const keyStart = start + type.length + 1;
    const keyEnd = keyStart + base64.length;
    const digest = createHash('sha256').update(Buffer.from(base64, 'base64')).digest('base64').replace(/=+$/, '');
    keys.push({
      type,
      fingerprint: `SHA256:${digest}`,
      start,
      end,
      key: { start: keyStart, end: keyEnd },
      comment: { start: Math.min(keyEnd + 1, start + text.length), end: start + text.length },
    });
  }
  return keys.length === 0 ? null : keys;
}

export const SSH_PUBLIC_KEY: FormatDecoder = {
  format: 'ssh-public-key',
  recognises: (path, content) => path.endsWith('.pub') && KEY.test(latin1(content.subarray(0, MAX_LINE_BYTES))),
  compare(content0, content1) {
    const keys0 = parseSshPublicKeys(content0);
    const keys1 = parseSshPublicKeys(content1);
    if (keys0 === null || keys1 === null) return null;
    return compareParts(
      { format: this.format },
      { content: content0, parts: partsOf(content0, keys0) },
      { content: content1, parts: partsOf(content1, keys1) },
    );
  },
};

function partsOf(content: Uint8Array, keys: readonly SshPublicKey[]): Part[] {
  return keys.map(({ type, fingerprint, start, end, key, comment }) => ({
    name: type,
    start,
    end,
    value: fingerprint,
    parts: [
      { name: 'key', ...key, value: fingerprint },
      { name: 'comment', ...comment, value: textValue(content.subarray(comment.start, comment.end)) },
    ],
  }));
}
