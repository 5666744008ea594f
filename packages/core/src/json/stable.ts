import stringify from 'json-stable-stringify';

/** `value` as JSON text with sorted keys: equal values give equal texts. For values of our own, of bounded depth. */
export function jsonStable(value: unknown): string {
  return stringify(value) ?? 'null';
}
