import xxhash from 'xxhash-wasm';
import { BlockDecoder } from './block-decoder.js';
import { damagedFrame, type FrameDecoder, type FramePart, type FrameStart } from './frame-decoder.js';
import { CorruptBlock } from './fse.js';

type XxHash = Awaited<ReturnType<typeof xxhash>>;
type XxHash64 = ReturnType<XxHash['create64']>;

/** Decodes where Node has no decoder of its own. */
export class JavaScriptFrameDecoder implements FrameDecoder {
  #decoder: BlockDecoder | null = null;
  #xxhash: XxHash | null = null;

  async *decode(frame: FrameStart, parts: AsyncIterable<FramePart>): AsyncGenerator<Uint8Array, void, void> {
    const { header } = frame;
    this.#decoder ??= new BlockDecoder(header);
    const decoder = this.#decoder;
    decoder.begin(header);
    if (header.checksum) this.#xxhash ??= await xxhash();
    const hash: XxHash64 | null = header.checksum ? (this.#xxhash as XxHash).create64() : null;
    const take = (): Uint8Array => {
      const content = decoder.history.take();
      hash?.update(content);
      return content;
    };
    for await (const part of parts) {
      if (part.type === 'block') {
        decodeBlock(decoder, frame, part);
        if (decoder.history.full) yield take();
        continue;
      }
      const rest = take();
      if (rest.length > 0) yield rest;
      if (hash !== null && checksumOf(hash) !== littleEndian32(part.bytes))
        throw damagedFrame(frame, new CorruptBlock('wrong checksum'));
    }
    const rest = take();
    if (rest.length > 0) yield rest;
  }
}

function decodeBlock(decoder: BlockDecoder, frame: FrameStart, part: FramePart & { readonly type: 'block' }): void {
  try {
    decoder.decode(part.header, part.bytes);
  } catch (error) {
    if (error instanceof CorruptBlock) throw damagedFrame(frame, error);
    throw error;
  }
}

/** The low half of XXH64 of the content, seed 0. Source: RFC 8878, section 3.1.1, "Content_Checksum". */
function checksumOf(hash: XxHash64): number {
  return Number(hash.digest() & 0xffffffffn);
}

function littleEndian32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
