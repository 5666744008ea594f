import type { Value } from '../json/plain.js';

/**
 * `value` as JSON without white space, in parts. `JSON.stringify` overflows the stack at a depth of some thousands,
 * which a raised limit lets in, and one string has a largest length; this has neither bound.
 */
export function* stringify(value: unknown): Iterable<string> {
  try {
    yield JSON.stringify(value);
    return;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  yield* walk(value as Value);
}

/** `value` as one JSON text without white space. */
export function jsonText(value: Value): string {
  return [...stringify(value)].join('');
}

function* walk(root: Value): Iterable<string> {
  /* What is still to be written: a text as it is, or a value in a box. */
  const stack: (string | { readonly value: Value })[] = [{ value: root }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next === 'string') {
      yield next;
      continue;
    }
    const { value } = next;
    if (value === null || typeof value !== 'object') {
      yield JSON.stringify(value);
      continue;
    }
    const isList = Array.isArray(value);
    const members = Object.entries(value as Readonly<Record<string, Value>>);
    yield isList ? '[' : '{';
    stack.push(isList ? ']' : '}');
    for (let i = members.length - 1; i >= 0; i--) {
      const [key, member] = members[i] as [string, Value];
      stack.push({ value: member });
      if (!isList) stack.push(`${JSON.stringify(key)}:`);
      if (i > 0) stack.push(',');
    }
  }
}
