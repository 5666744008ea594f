import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError } from '../../errors.js';
import { clipMessage, jsonMessage } from './api-client.js';

const TAR_BLOCK = 512;
const TAIL_BYTES = 8192;

/**
 * `stream`, a tar archive, unless what stands behind it is Docker's word that it failed: once it has begun to send, it
 * has no other way to say so. A tar archive is whole blocks, so an end within a block is looked at only.
 * Source: moby, api/server/router/image/image_routes.go (getImagesGet), pkg/streamformatter (FormatError).
 * @param name for messages: what sends
 * @throws {OciDiffError} `ERR_DAEMON` with Docker's message; what `stream` throws
 */
export async function* withErrorAtEnd(stream: ByteStream, name: string): ByteStream {
  let tail: Buffer = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    /* A copy: the chunk is the reader's from here on. */
    tail =
      chunk.length >= TAIL_BYTES
        ? Buffer.from(chunk.subarray(-TAIL_BYTES))
        : Buffer.concat([tail.subarray(-(TAIL_BYTES - chunk.length)), chunk]);
    yield chunk;
  }
  if (size % TAR_BLOCK === 0) return;
  const start = tail.lastIndexOf('{"errorDetail"');
  const message = start === -1 ? null : jsonMessage(tail.subarray(start).toString('utf8'), 'error');
  if (message !== null) throw new OciDiffError('ERR_DAEMON', `${name} failed while it sent: ${clipMessage(message)}`);
}
