import type { FormatDecoder } from './format-decoder.js';
import { compareParts, type Part } from './parts.js';
import { hasMagic, MAX_RECORDS, textValue, timeValue, toHex, viewOf } from './values.js';

const HEADER_BYTES = 12;
const ENTRY_BYTES = 62;
const EXTENDED = 0x4000;
/** Fields of an entry. Source: git, `Documentation/gitformat-index.txt`. */
const FIELDS = ['ctime', 'ctime nanoseconds', 'mtime', 'mtime nanoseconds', 'dev', 'ino', 'mode', 'uid', 'gid', 'size'];

export const GIT_INDEX: FormatDecoder = {
  format: 'git-index',
  recognises: (_path, content) => hasMagic(content, 'DIRC\0\0\0'),
  compare(content0, content1) {
    const parts0 = partsOf(content0);
    const parts1 = partsOf(content1);
    if (parts0 === null || parts1 === null) return null;
    return compareParts(
      {
        format: this.format,
        isMetadata: (name) => /(?:\/(?:[cm]time(?: nanoseconds)?|dev|ino|[ug]id)|^checksum)$/.test(name),
      },
      { content: content0, parts: parts0 },
      { content: content1, parts: parts1 },
    );
  },
};

/** Header, entries and checksum of an index of version 2 or 3 with SHA-1; null for anything else. */
function partsOf(content: Uint8Array): Part[] | null {
  if (content.length < HEADER_BYTES + 20) return null;
  const view = viewOf(content);
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) return null;
  const checksum = content.length - 20;
  const parts: Part[] = [
    { name: 'version', start: 4, end: 8, value: version },
    { name: 'entries', start: 8, end: 12, value: view.getUint32(8) },
  ];
  let next = HEADER_BYTES;
  for (let count = view.getUint32(8); count > 0; count--) {
    if (parts.length > MAX_RECORDS) return null;
    const start = next;
    if (start + ENTRY_BYTES > checksum) return null;
    const path = start + ENTRY_BYTES + ((view.getUint16(start + 60) & EXTENDED) === 0 ? 0 : 2);
    const nul = content.indexOf(0, path);
    if (nul < 0 || nul >= checksum) return null;
    const end = Math.min(start + Math.ceil((nul + 1 - start) / 8) * 8, checksum);
    parts.push({
      name: textValue(content.subarray(path, nul)),
      start,
      end,
      value: () => toHex(content.subarray(start + 40, start + 60)),
      parts: () => entryParts(content, view, start),
    });
    next = end;
  }
  parts.push({ name: 'checksum', start: checksum, end: content.length, value: toHex(content.subarray(checksum)) });
  return parts;
}

function entryParts(content: Uint8Array, view: DataView, start: number): Part[] {
  const parts: Part[] = FIELDS.map((name, n) => {
    const at = start + 4 * n;
    const number = view.getUint32(at);
    return { name, start: at, end: at + 4, value: name === 'ctime' || name === 'mtime' ? timeValue(number) : number };
  });
  parts.push({
    name: 'object',
    start: start + 40,
    end: start + 60,
    value: toHex(content.subarray(start + 40, start + 60)),
  });
  return parts;
}
