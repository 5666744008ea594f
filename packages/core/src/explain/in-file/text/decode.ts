import { isUtf8 } from 'node:buffer';
import { bufferOf } from '../bytes/common-bytes.js';

/** A text as bytes in which lines end with 0x0a. */
export interface TextSide {
  /** As in `TextDifference.encodings`. */
  readonly encoding: string;
  /** What `bytes` are in, the same on both sides. */
  readonly charset: 'utf8' | 'latin1';
  readonly bytes: Buffer;
}

/** Bytes that are looked at to tell whether they are text. */
const SAMPLE_BYTES = 256 * 1024;
/** Of so many bytes of a text one may be a control character. */
const CONTROLS = 64;

/**
 * Both contents as text; null where one of them is none. UTF-8 with or without a byte order mark, UTF-16 with one, or
 * any other bytes that hold no NUL and hardly a control character. Where one side is UTF-8 and the other neither that
 * nor UTF-16, both are read as ISO 8859-1, so that equal bytes are equal text.
 */
export function decodeTexts(content0: Uint8Array, content1: Uint8Array): [TextSide, TextSide] | null {
  const [encoding0, encoding1] = [encodingOf(content0), encodingOf(content1)];
  if (encoding0 === null || encoding1 === null) return null;
  const wide = encoding0.startsWith('utf-16') || encoding1.startsWith('utf-16');
  if (!wide && encoding0 !== encoding1) return [oneToOne(content0), oneToOne(content1)];
  const charset = encoding0 === 'iso-8859-1' && encoding1 === 'iso-8859-1' ? 'latin1' : 'utf8';
  const [bytes0, bytes1] = [recoded(content0, encoding0, charset), recoded(content1, encoding1, charset)];
  if (bytes0 === null || bytes1 === null) return null;
  return [
    { encoding: encoding0, charset, bytes: bytes0 },
    { encoding: encoding1, charset, bytes: bytes1 },
  ];
}

function oneToOne(content: Uint8Array): TextSide {
  return { encoding: 'iso-8859-1', charset: 'latin1', bytes: bufferOf(content) };
}

function encodingOf(content: Uint8Array): string | null {
  if (content.length % 2 === 0) {
    if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le';
    if (content[0] === 0xfe && content[1] === 0xff) return 'utf-16be';
  }
  if (content.includes(0)) return null;
  const utf8 = isUtf8(content);
  const sample = content.subarray(0, SAMPLE_BYTES);
  let controls = 0;
  for (let i = 0; i < sample.length; i++) {
    const byte = sample[i] as number;
    /* Backspace to carriage return, and escape, are in logs of terminals. 0x80 to 0x9f are parts of UTF-8. */
    if (byte < 0x20 ? (byte < 8 || byte > 13) && byte !== 0x1b : byte === 0x7f || (!utf8 && byte > 0x7f && byte < 0xa0))
      controls++;
  }
  if (controls * CONTROLS > sample.length) return null;
  return utf8 ? 'utf-8' : 'iso-8859-1';
}

function recoded(content: Uint8Array, encoding: string, charset: 'utf8' | 'latin1'): Buffer | null {
  if (encoding === 'utf-8' || charset === 'latin1') return bufferOf(content);
  if (encoding === 'iso-8859-1') return Buffer.from(bufferOf(content).toString('latin1'), 'utf8');
  try {
    /* The byte order mark belongs to the encoding here. */
    const text = new TextDecoder('utf-16le', { fatal: true }).decode(
      encoding === 'utf-16le' ? content : Buffer.from(content).swap16(),
    );
    return text.includes('\0') ? null : Buffer.from(text, 'utf8');
  } catch {
    return null;
  }
}
