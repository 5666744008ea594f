import { describe, expect, test } from 'vitest';
import { readAll } from '../../../packages/core/src/bytes/read-all.js';
import { drain, type VerifiedBytes, verify } from '../../../packages/core/src/bytes/verify.js';
import { parseDigest } from '../../../packages/core/src/digest.js';
import { collect, errorOf, lend } from './support.js';

/* FIPS 180-2, appendices B.1 and C.1: the digests of "abc". */
const ABC = Buffer.from('abc');
const SHA256 = parseDigest('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
const SHA512 = parseDigest(
  'sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
    '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
);
const EMPTY = parseDigest('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

describe('verify', () => {
  test.each([
    ['sha256', SHA256, 3],
    ['sha512', SHA512, 3],
    ['a size alone', null, 3],
    ['nothing expected', null, null],
  ])('passes bytes that are as they should be: %s', async (_reason, digest, size) => {
    const stream = verify(lend(ABC, 1), { digest, size, name: 'b' });
    expect(await collect(stream)).toEqual(ABC);
  });

  test('tells the digest and size of bytes of which nothing is known', async () => {
    const result: VerifiedBytes = { digest: null, bytes: 0 };
    expect(await drain(verify(lend(ABC, 2), { digest: null, size: null, name: 'b' }, result))).toBe(3);
    expect(result).toEqual({ digest: SHA256, bytes: 3 });
  });

  test('an empty stream has a digest, too', async () => {
    const result: VerifiedBytes = { digest: null, bytes: 0 };
    await drain(verify(lend(Buffer.alloc(0)), { digest: EMPTY, size: 0, name: 'b' }, result));
    expect(result).toEqual({ digest: EMPTY, bytes: 0 });
  });

  test.each([
    ['another digest', EMPTY, 3, 'ERR_DIGEST_MISMATCH', `has the digest ${SHA256}, should have ${EMPTY}`],
    ['fewer bytes than stated', SHA256, 4, 'ERR_SIZE_MISMATCH', 'has 3 bytes, should have 4'],
    ['more bytes than stated', SHA256, 2, 'ERR_SIZE_MISMATCH', 'has more than the 2 bytes it should have'],
    ['size is told before digest', EMPTY, 4, 'ERR_SIZE_MISMATCH', 'has 3 bytes, should have 4'],
  ])('fails: %s', async (_reason, digest, size, code, message) => {
    const error = await errorOf(drain(verify(lend(ABC, 1), { digest, size, name: 'layer 1' })));
    expect(error).toMatchObject({ code, message, location: { blob: 'layer 1' } });
  });

  test('gives no chunk that goes beyond the size, and no end before the verdict', async () => {
    const seen: number[] = [];
    const pass = async (size: number, digest: typeof SHA256): Promise<void> => {
      seen.length = 0;
      for await (const chunk of verify(lend(ABC, 1), { digest, size, name: 'b' })) seen.push(...chunk);
      seen.push(-1);
    };
    await errorOf(pass(2, SHA256));
    expect(seen).toEqual([0x61, 0x62]);
    await errorOf(pass(3, EMPTY));
    expect(seen).toEqual([0x61, 0x62, 0x63]);
  });

  test('lets go of the source when the reader stops early', async () => {
    let released = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield ABC;
      } finally {
        released = true;
      }
    }
    for await (const _chunk of verify(source(), { digest: null, size: null, name: 'b' })) break;
    expect(released).toBe(true);
  });
});

describe('readAll', () => {
  test.each([1, 2, 3, 7])('joins chunks of %i bytes that their owner reuses', async (size) => {
    const bytes = Buffer.from('{"a": [1, 2, 3]}');
    expect(Buffer.from(await readAll(lend(bytes, size), 16, 'the document'))).toEqual(bytes);
  });

  test('takes exactly the limit, and stops reading above it', async () => {
    expect((await readAll(lend(ABC), 3, 'the document')).length).toBe(3);
    let chunks = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        chunks++;
        yield ABC;
      }
    }
    const error = await errorOf(readAll(endless(), 8, 'the document'));
    expect(error.code).toBe('ERR_LIMIT_EXCEEDED');
    expect(error.message).toBe(
      'the document: more than 8, the limit documentBytes (raise it with --max-document-bytes)',
    );
    expect(chunks).toBe(3);
  });
});
