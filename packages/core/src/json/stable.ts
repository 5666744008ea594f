/** `value` as JSON text with sorted keys: equal values give equal texts. For values of our own, of bounded depth. */
export function jsonStable(value: unknown): string {
  return JSON.stringify(value, sortKeys) ?? 'null';
}

/* Keys that are numbers come first whatever is done, in their order; so they do in every other such object. */
function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(byKey));
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
