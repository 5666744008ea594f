import type { FormatDecoder } from './format-decoder.js';

/** All formats that are decoded, the first that recognises both contents wins. */
export const FORMAT_DECODERS: readonly FormatDecoder[] = [];
