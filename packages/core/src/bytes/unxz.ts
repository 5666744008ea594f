import { invalid, unsupported } from './compression-error.js';
import { joined } from './expand.js';

const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
/** Bytes given to the decoder at once. */
const INPUT_BYTES = 64 * 1024;

/** Whether `bytes` begin as an xz file does. */
export function isXz(bytes: Uint8Array): boolean {
  return XZ_MAGIC.every((byte, index) => bytes[index] === byte);
}

/**
 * The content of `bytes`, compressed with xz, in memory. The decoder is xz-embedded: one stream or several, CRC32 and
 * CRC64, a dictionary of at most 64 MiB, no filter but LZMA2.
 * @throws {OciDiffError} `ERR_COMPRESSION_INVALID`; `ERR_COMPRESSION_UNSUPPORTED` for more content than `maxBytes`
 */
export async function unxz(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { default: xz } = await import('xz-decompress');
  let offset = 0;
  const input = new ReadableStream<Uint8Array>({
    pull(controller) {
      /* At the end an empty chunk: the decoder has no notion of an end and would wait for more. */
      const chunk = bytes.subarray(offset, offset + INPUT_BYTES);
      offset += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const reader = new xz.XzReadableStream(input as never).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(chunks);
      if (value.length === 0) continue;
      chunks.push(value);
      length += value.length;
      if (length > maxBytes) break;
    }
  } catch (error) {
    throw invalid('the xz data are broken, cut off or of a kind that is not read', offset, error);
  }
  await reader.cancel();
  throw unsupported(`the xz data have more content than ${maxBytes} bytes`, offset);
}
