import { type Expanded, expand } from '../../../bytes/expand.js';
import { gzipHeaderBytes } from '../../../bytes/gzip/header.js';
import { sniffCompression } from '../../../bytes/sniff.js';
import { isXz, unxz } from '../../../bytes/unxz.js';
import type { Value } from '../../../json/plain.js';
import { bufferOf } from '../bytes/common-bytes.js';
import { bytesDifference } from '../bytes/compare-bytes.js';
import type { EqualBut, InFileDifference } from '../in-file-difference.js';
import { expandWithin, type Work } from '../work.js';
import { timeText } from './archive.js';
import type { CompareInner } from './compare-inner.js';
import { differingFields } from './fields.js';
import { reasonOf } from './reason.js';

/** Reads one compressed format. */
export interface CompressionReader {
  readonly format: string;
  recognises(content: Uint8Array): boolean;
  expand(content: Uint8Array, maxBytes: number): Promise<Expanded>;
}

export const COMPRESSIONS: readonly CompressionReader[] = [
  { format: 'gzip', recognises: (content) => sniffCompression(content) === 'gzip', expand },
  { format: 'zstd', recognises: (content) => sniffCompression(content) === 'zstd', expand },
  {
    format: 'xz',
    recognises: isXz,
    expand: async (content, maxBytes) => ({
      content: await unxz(content, maxBytes),
      compression: { format: 'none' },
    }),
  },
];

/** What is in a compressed file, as a member's name. */
const CONTENT = '(content)';

/**
 * Compares what two compressed contents hold, and what they say of themselves.
 * @returns a sentence where one of them cannot be read
 */
export async function compareCompressed(
  path: string,
  contents: readonly [Uint8Array, Uint8Array],
  { format, expand: open }: CompressionReader,
  work: Work,
  compareInner: CompareInner,
): Promise<InFileDifference | string> {
  const expanded: Expanded[] = [];
  for (const [side, content] of contents.entries()) {
    try {
      const one = await expandWithin(
        work,
        content.length,
        format === 'gzip',
        (maxBytes) => open(content, maxBytes),
        (result) => result.content.length,
      );
      expanded.push(one);
    } catch (error) {
      return `input ${side} is not understood as ${format}: ${reasonOf(error)}`;
    }
  }
  const [one, two] = expanded as [Expanded, Expanded];
  const fields = differingFields(fieldsOfCompression(one), fieldsOfCompression(two));
  const head = { format, ...(fields.length === 0 ? {} : { fields }) };
  if (!bufferOf(one.content).equals(two.content)) {
    const inner = await compareInner(pathWithin(path), one.content, two.content, work);
    const member = { name: CONTENT, change: 'modified', content: inner } as const;
    const but = inner.equalBut;
    return {
      ...head,
      summary: `${fields.length === 0 ? '' : `${names(fields)} and `}the content: ${inner.summary}`,
      ...(but === undefined ? {} : { equalBut: [...new Set([...but, ...headerBut(fields.length)])].sort() }),
      members: [member],
    };
  }
  const but: EqualBut[] = headerBut(fields.length);
  if (!sameBehindHeader(format, contents)) but.unshift('compression');
  const told = fields.length > 0 ? `${names(fields)} ${fields.length === 1 ? 'differs' : 'differ'}, ` : '';
  const bytes = fields.length === 0 ? bytesDifference(...contents, work) : null;
  return {
    ...head,
    summary: `${told}the content is the same${but.includes('compression') ? ' in other compressed bytes' : ''}`,
    equalBut: but,
    ...(bytes === null ? {} : { bytes: bytes.bytes }),
    ...(bytes === null || bytes.omitted.length === 0 ? {} : { omitted: bytes.omitted }),
  };
}

function headerBut(fields: number): EqualBut[] {
  return fields === 0 ? [] : ['metadata'];
}

function names(fields: readonly { readonly name: string }[]): string {
  return fields.map(({ name }) => name).join(', ');
}

/** `data.tar.xz` holds `data.tar`. */
function pathWithin(path: string): string {
  return path.replace(/\.(gz|zst|xz)$/, '').replace(/\.tgz$/, '.tar');
}

function fieldsOfCompression({ compression: { gzip, zstd, trailing } }: Expanded): Map<string, Value> {
  const fields = new Map<string, Value>();
  for (const [name, value] of Object.entries<Value>({ ...gzip, ...zstd })) {
    fields.set(name, name === 'mtime' ? timeText(value as number) : value);
  }
  if (trailing !== undefined) fields.set('trailing', `${trailing.kind}, ${trailing.bytes} bytes, ${trailing.sha256}`);
  return fields;
}

/** Whether gzip data differ in the header only. */
function sameBehindHeader(format: string, [content0, content1]: readonly [Uint8Array, Uint8Array]): boolean {
  if (format !== 'gzip') return false;
  const [start0, start1] = [gzipHeaderBytes(content0), gzipHeaderBytes(content1)];
  return bufferOf(content0.subarray(start0)).equals(content1.subarray(start1));
}
