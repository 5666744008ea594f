import fc from 'fast-check';
import { OciDiffError } from '../../../packages/core/src/errors.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import type { JsonDocument } from '../../../packages/core/src/json/value.js';

// One seed, so that a run that failed fails again.
fc.configureGlobal({ seed: 8259 });

/* Bounded by bytes alone: tests hold that millions of values are read in linear time. */
export const OPTIONS = { maxDepth: 100, maxBytes: 16 * 1024 ** 2, maxValues: Number.MAX_SAFE_INTEGER };

/** `text` parsed with the default limits; lone surrogates in it would become U+FFFD. */
export function parse(text: string): JsonDocument {
  return parseJson(Buffer.from(text, 'utf8'), OPTIONS);
}

/** The OciDiffError that `run` throws; fails for any other outcome. */
export function failureOf(run: () => unknown): OciDiffError {
  try {
    run();
  } catch (error) {
    if (error instanceof OciDiffError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A JSON text in parts, so that a test can change one of them and print it again. */
export type Written = WrittenScalar | WrittenArray | WrittenObject;
export interface WrittenScalar {
  kind: 'scalar';
  raw: string;
}
export interface WrittenArray {
  kind: 'array';
  open: string;
  parts: { before: string; value: Written; after: string }[];
  close: string;
}
export interface WrittenObject {
  kind: 'object';
  open: string;
  parts: { before: string; key: string; beforeColon: string; afterColon: string; value: Written; after: string }[];
  close: string;
}

/** White space before the first part is `open`, after the last `close`; `before` and `after` stand next to commas. */
export function print(node: Written): string {
  if (node.kind === 'scalar') return node.raw;
  const [start, end] = node.kind === 'array' ? '[]' : '{}';
  if (node.parts.length === 0) return `${start}${node.open}${end}`;
  const last = node.parts.length - 1;
  const parts = node.parts.map((part, index) => {
    const key = 'key' in part ? `${part.key}${part.beforeColon}:${part.afterColon}` : '';
    return `${index === 0 ? node.open : part.before}${key}${print(part.value)}${index === last ? node.close : part.after}`;
  });
  return `${start}${parts.join(',')}${end}`;
}

const space = fc.constantFrom('', '', ' ', '\n', '\r\n', '\t', '\n  ');
/** Strings that stay as they are in UTF-8. */
const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const scalar = fc
  .oneof(
    fc.constantFrom('true', 'false', 'null', '0', '-0', '1', '1.0', '1e0', '10e-1', '"/"', '"\\/"', '"\\u002f"', '""'),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
    text.map((value) => JSON.stringify(value)),
  )
  .map((raw): Written => ({ kind: 'scalar', raw }));

/** Any JSON text, as `Written`, with white space everywhere. */
export const written: fc.Arbitrary<Written> = fc.letrec<{ node: Written }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.record({
      kind: fc.constant('array' as const),
      open: space,
      parts: fc.array(fc.record({ before: space, value: tie('node'), after: space }), { maxLength: 4 }),
      close: space,
    }),
    fc.record({
      kind: fc.constant('object' as const),
      open: space,
      parts: fc.uniqueArray(
        fc.record({
          before: space,
          key: text.map((key) => JSON.stringify(key)),
          beforeColon: space,
          afterColon: space,
          value: tie('node'),
          after: space,
        }),
        { maxLength: 4, selector: (part) => part.key },
      ),
      close: space,
    }),
  ),
})).node;
