import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Compression } from '../../../packages/core/src/bytes/compression.js';
import { EXAMINED_BYTES, examineCompression } from '../../../packages/core/src/bytes/examine.js';
import { Head } from '../../../packages/core/src/bytes/head.js';
import { requireTool } from '../../support/tools.js';
import { lend, noise, read, run, textLike } from './support.js';

const TEXT = textLike(4_000_000, 3);
const ZEROS = Buffer.alloc(9_000_000);

async function examine(blob: Uint8Array): Promise<Compression> {
  const head = new Head(EXAMINED_BYTES, blob.length);
  for await (const _chunk of head.keep(lend(blob, 60_000)));
  return examineCompression((await read(blob)).compression, head);
}

/** Name and level. */
async function told(blob: Uint8Array): Promise<[string, string | null] | null> {
  const { encoder } = await examine(blob);
  return encoder === undefined ? null : [encoder.name, encoder.level];
}

describe('programs of this machine', () => {
  test.skipIf(!requireTool('gzip')).each<[string, string | null]>([
    ['6', '3–8'],
    ['9', '9'],
  ])('gzip -%s', async (level, expected) => {
    /* trees.c: from level 3 on a block may end after any 4,096 symbols, if the data go well so far. */
    expect(await told(run('gzip', [`-n${level}c`], Buffer.concat([ZEROS.subarray(0, 5_000_000), TEXT])))).toEqual([
      'GNU gzip',
      expected,
    ]);
  });

  test.skipIf(!requireTool('gzip'))('gzip -1 could be zlib with memLevel 9', async () => {
    for (const blob of [run('gzip', ['-n1c'], TEXT), gzipSync(TEXT, { memLevel: 9 })]) {
      const { blocks, encoder } = await examine(blob);
      expect(blocks?.fullSymbols).toMatchObject({ min: 32_767, max: 32_767 });
      expect(encoder).toBeUndefined();
    }
  });

  test.skipIf(!requireTool('pigz')).each([
    ['1', '1'],
    ['6', '2–8'],
    ['9', '9'],
  ])('pigz -%s', async (level, expected) => {
    const { blocks, encoder } = await examine(run('pigz', [`-n${level}c`, '-p', '2'], TEXT));
    expect(encoder).toMatchObject({ name: 'pigz', level: expected });
    /* Its manual: blocks of 128 KiB by default. */
    expect((blocks?.flushedContent?.commonest ?? 1) % 131_072).toBe(0);
  });

  test.skipIf(!requireTool('pigz'))('pigz --independent flushes like any zlib', async () => {
    const { blocks, encoder } = await examine(run('pigz', ['-nci'], TEXT));
    expect(blocks?.flushedContent).toMatchObject({ min: 131_072, max: 131_072 });
    expect(encoder?.name).toBe('zlib');
  });

  test.skipIf(!requireTool('python3')).each([1, 6, 9])(
    'Python, level %i: zlib, whose header is not its own',
    async (level) => {
      const script = `import gzip,sys; sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read(), ${level}, mtime=0))`;
      expect((await told(run('python3', ['-c', script], TEXT)))?.[0]).toBe('zlib');
    },
  );

  test.skipIf(!requireTool('zstd')).each<[string, string | null]>([
    ['1', '1'],
    ['6', null],
    ['9', '9'],
  ])('zstd --format=gzip -%s', async (level, expected) => {
    expect(await told(run('zstd', ['--format=gzip', `-${level}`, '-c'], TEXT))).toEqual(['zlib', expected]);
  });

  test('Node', async () => {
    for (let level = 1; level <= 9; level++) {
      const { blocks, encoder } = await examine(gzipSync(TEXT, { level }));
      expect(blocks?.fullSymbols).toMatchObject({ min: 16_383, max: 16_383 });
      expect(encoder?.name).toBe('zlib');
    }
  });
});

describe('of these nothing is said', () => {
  test.each<[string, Buffer]>([
    ['stored by zlib', gzipSync(TEXT, { level: 0 })],
    ['noise', gzipSync(noise(3_000_000))],
    ['one block', gzipSync('abc')],
    ['nothing', gzipSync('')],
    ['another memLevel', gzipSync(TEXT, { memLevel: 7 })],
  ])('%s', async (_what, blob) => {
    expect(await told(blob)).toBeNull();
  });
});

/**
 * What encoders that are no Debian packages (or large ones) made of 9,000,000 zeros, compressed once more with Brotli.
 * Go 1.26.8; klauspost/compress 1.18.0 and 1.11.13; klauspost/pgzip 1.2.6; libdeflate-tools 1.14; isal 2.30.0; p7zip
 * 16.02; flate2 1.1.11 with miniz_oxide; htslib 1.16. `w, _ := gzip.NewWriterLevel(os.Stdout, level)`, `io.Copy`,
 * `w.Close()`; the programs with the options named.
 */
const RECORDED: readonly [string, string, readonly [string, string] | null][] = [
  [
    'compress/gzip of Go, level 6',
    'G08i+C8LbPc0NMBjoMTRCANFy1aMrvF1CLJbJadACwDiuDiiApE84Ka0Wr3qpFy1+oKjA1JSJe6WcH8bpQL/6yvda3awAWccoGQwMQ/g4wkAAjDduAcA7QTwz7BSrhbuAcDaLgn6jz6orpLj2844cG+CJyU=',
    ['Go compress/flate', '2–8'],
  ],
  [
    'compress/gzip of Go, level 9',
    'G08i+C8LeEMyvQfgtWKNWFWP5HTW4Y/x8O18lURZF+2awgTH4z6ObC3/9RebAwhyV4Fml3B/GQH3le41O9iAMw5QMpiYB/DxBAABmG7cA4BZBdkDlntsLdwDgDVKglO+Hxqp5DqPyHj3exP8TK8X',
    ['Go compress/flate', '9'],
  ],
  [
    'compress/gzip of Go, level 1',
    'G8Uq6K+Px4bG74DJ4eL2+WMIhyymVq4MHr6bvzZF+SY4zMIiii9MLAwDyWzs5+0O2FoEVkKpVQBdElT9EWJ3qC8ed6mlmRoobMCJ2AYDTjyQjzGODLlLW0oRh9HLBkD/90sA+Zt0Y21HB9CPtEvsAVDWLADE71wQmpFDhQDEaE5tRZQ71LKsArEC',
    ['Go compress/flate', '1'],
  ],
  [
    'klauspost/compress/gzip, level 5',
    'G/0i+B+JsS2KfeDEi2ILHv7v5/2Ri9Tt4wCnjwZUPJ2tcWcWKVTA0WJtrbPKGDfYku52jCOfZTxfwAaRccUTAARUWdBpm2DV4P9adwPyn8neLWZRc9fh6xpAVntGs4eEDJ04SBD9VYi7COfIAMgbF/HKRbhisHybrnBa5chMK45INgE=',
    ['klauspost/compress', '2–8'],
  ],
  [
    'klauspost/compress/gzip, level 9',
    'GxtC+J8HdowYg9qIjl9UggCueR9l/xrbgAb+PPINN0sqglGGrUEibVhBlUhX6EWlWl7TsAFnHIkuRAsM4uENQAAHIODNPQAI5HUwIhnxf9ynADD/8wFb5wFALaaJAOl7wQE0rVrhbZZ7ARB8nz0AZv+mFSoVaSqyU4NP8StIcZv60YAnCw==',
    ['klauspost/compress', '9'],
  ],
  [
    'klauspost/pgzip, level 5',
    'G8swCManH5sPtevWIEI2q6IZmko03UJfsrRFtS5uTb5Ozjil4+c3aYFhABKGKbXAJY8x5biMbVomKO+zAU6yA/J8UuUDoE78jh1t3is5UOfuhp9PlgCAqik/yULHDirAMx1TABSXAFyVYgNlWC2kE4jxRh5thDyfLPEB0DTlJ30rw4hYyBb5Nv450zd+iNW3P1OnAKCH/3f1y5ODdJBXmaQBqHgFsKPFBroU8qw8AGYoM7fk8yKFo1aGyPiRRBVqMQ49oSE4U5SbfF0A',
    ['klauspost/pgzip', '2–8'],
  ],
  [
    'klauspost/compress/gzip 1.11.13, level 9',
    'G0wi+C8H7Ib8G8KL10CEWVsfPzqh1YtMeAUiu/XkSaBFGEIc/5xIWmgZvTmuIHV5wE1KESfeHRFrVM1ud1AhJirh/jYCvmYHG3DGkWiiHICPFwAI3LgHAG0rFCWxBrCzuFy4BwD2PSeAHpEHlUiy7uMCm/DicAA=',
    ['klauspost/compress', '9'],
  ],
  [
    'libdeflate-gzip -6',
    'G50j+MUnjvlvkSGYiVGYodMs4OnOR6PZwKLPPyUtIBenu8g2EkxAIggfA8EagAAQ4OZ/q5vSAQD4fG3bANBavlayFRFzgcclA9vWM6lyxqRvNfCx2+9mnRwTyf/DAWx3n7UgGuNDl0QAtvrP3heMmRMKgPQZlStwsuRX87pwUFBzYCY2DZ0jOgY=',
    null,
  ],
  [
    'libdeflate-gzip -1',
    'G9co+MXnuea/W1K3SAZHYZRNp5Ui08Q1zQZWtOejpAuoyWmL7N8lvHmgHgQiKdYBIACLNe5ongoBAFz2dW4DQGtGz9VzEqomFnEBbFF5fTDjvtchQeG7WedmrPw/AwBe2I00ndGtyyEAtLDXWDzzvh4AxRaPlA0LsvmdPU6Anixr5E4NcyA9Bg==',
    null,
  ],
  [
    'igzip -1 -n',
    'G68jIJ4Hts1g/URsTRofceosn/7m+78Et1IaFi+a2gWy+Z83B3fedZ7VBw5AVDoAZkp/I5jkFHHKiUtbklGBHdi/6AJ4z2G5PKJdzvnFlhMAAOD+RwXg6kye1g8emN+sQwhzqtsYlSEAmAonNVjlvuaVSSfmvihdXWMEf/m2CQBMxXSMNrtyxwA=',
    null,
  ],
  [
    '7z -tgzip',
    'G2Ap+MXnuea/u0WVYCZGYWDqNAt4es9Ho9nAop+PkgpycbqLbHMJ3zH2QCTFMgAEbLmPecwBADCo26oJAI35l1bTJEr+ffUCs/4vpKl0ui6rBE33epWRdkEsYgDU+OT0vrS3bYoAxvLfhGPpN/wAUA4VKzoY3/pp5mXCsuVllzWzNzUE',
    null,
  ],
  [
    'miniz_oxide, level 6',
    'Gz8i+K8K7IbzT3GsYUX9jAURqg/nn0MY3iDxSBM7WRzSkSOrKRav2WVqInRfUO32awGEQFAF3J4CPXhhAYDAl2EASAVuwTxgPhUAbO8E6quAz6uzDA==',
    null,
  ],
  [
    'bgzip',
    'G644oAYensv9u02nYz/fYLeF7yzB4kTOGs/ztheHYUATNuA4HJA2G0QGg8Xw9CAE+4VLXQbgr1I3IjNe+wXAfPpuzI3IT/IFYNoK19v9xx8cRhWCwSF6r3YXY2jKixD30bN8AHGRCA==',
    null,
  ],
];

describe('recorded', () => {
  test.each(RECORDED)('%s', async (_what, recording, expected) => {
    const blob = brotliDecompressSync(Buffer.from(recording, 'base64'));
    expect(gunzipSync(blob).equals(ZEROS)).toBe(true);
    expect(await told(blob)).toEqual(expected);
  });
});
