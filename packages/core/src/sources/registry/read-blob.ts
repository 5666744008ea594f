import type { ByteStream } from '../../bytes/stream.js';
import { OciDiffError, throwIfAborted } from '../../errors.js';
import type { BlobRef } from '../../image/blob-store.js';
import { refuseEncoding } from './exchange.js';
import type { HttpResponse } from './http.js';
import { networkFailure } from './network-error.js';
import type { RegistryClient } from './registry-client.js';
import { backoff, pause } from './retry.js';

/** Cuts of one blob's connection that are taken, and one more for each `BYTES_A_CUT` that have come. */
const MAX_CUTS = 5;
const BYTES_A_CUT = 64 * 1024 ** 2;

/**
 * The bytes of a blob as the registry sends them, not verified. Where the connection is cut, the rest is asked for; from
 * a registry that sends all again, what was read already is dropped.
 * @throws {OciDiffError} while iterating: `ERR_NOT_FOUND`, `ERR_UNAUTHORIZED`, `ERR_REGISTRY`, `ERR_ABORTED`, and
 *   `ERR_SIZE_MISMATCH` where the registry itself says another size
 */
export async function* readBlob(
  client: RegistryClient,
  { name, digest, size }: BlobRef,
  retryDelay: number,
  signal: AbortSignal | undefined,
): ByteStream {
  let offset = 0;
  for (let cuts = 0; ; ) {
    throwIfAborted(signal);
    const { response, place, skip } = await client.send(
      { method: 'GET', path: `blobs/${digest}`, signal, ...(offset === 0 ? {} : { from: offset }) },
      async (sent) => {
        const { response, place } = sent;
        if (response.status !== 200 && (response.status !== 206 || offset === 0))
          throw await client.failure(sent, name);
        refuseEncoding(response, place);
        const isRest = response.status === 206;
        if (isRest) checkRange(response, offset, place);
        checkLength(response, size, isRest ? offset : 0, name);
        return { response, place, skip: isRest ? 0 : offset };
      },
    );
    let toSkip = skip;
    let cut: OciDiffError;
    try {
      for await (const chunk of response.body) {
        const dropped = Math.min(toSkip, chunk.length);
        toSkip -= dropped;
        if (dropped === chunk.length) continue;
        offset += chunk.length - dropped;
        yield chunk.subarray(dropped);
      }
      if (size === null || offset >= size) return;
      cut = new OciDiffError('ERR_REGISTRY', `${place}: ended after ${offset} of ${size} bytes`);
    } catch (error) {
      throwIfAborted(signal);
      const failure = networkFailure(error, place);
      if (!failure.passing) throw failure.error;
      cut = failure.error;
    } finally {
      response.discard();
    }
    cuts++;
    if (cuts > MAX_CUTS + Math.floor(offset / BYTES_A_CUT)) {
      throw new OciDiffError('ERR_REGISTRY', `${cut.message} (after ${offset} bytes, ${cuts} attempts)`);
    }
    await pause(backoff(retryDelay, Math.min(cuts, MAX_CUTS)), signal);
  }
}

function checkRange(response: HttpResponse, offset: number, place: string): void {
  const match = /^bytes (\d{1,16})-/.exec(response.header('content-range') ?? '');
  if (match !== null && Number(match[1]) === offset) return;
  response.discard();
  throw new OciDiffError('ERR_REGISTRY', `${place}: the bytes from ${offset} on were asked for, and others sent`);
}

function checkLength(response: HttpResponse, size: number | null, offset: number, name: string): void {
  const length = contentLength(response);
  if (size === null || length === null || length === size - offset) return;
  response.discard();
  throw new OciDiffError(
    'ERR_SIZE_MISMATCH',
    `has ${offset + length} bytes by the registry's own account, should have ${size}`,
    { location: { blob: name } },
  );
}

/** What an answer says of its body's length; null where it does not. */
export function contentLength(response: HttpResponse): number | null {
  const text = response.header('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
