import { pointerOf } from './pointer.js';

/** Length of all pointers together after which no more twins are collected: they are a note, and keys can be long. */
const MAX_POINTER_UNITS = 64 * 1024;

/** Collects the keys of one document that differ only in case from an earlier key of the same object. */
export class CaseTwins {
  readonly pairs: [string, string][] = [];
  #units = 0;

  /** `steps` gives the place of the object; it is asked only where there is a pair to tell. */
  collect(keys: Iterable<string>, steps: () => readonly string[]): void {
    let prefix: string | undefined;
    const first = new Map<string, string>();
    for (const key of keys) {
      if (this.#units > MAX_POINTER_UNITS) return;
      // Prefixed because V8 may hash keys that are numbers to themselves (see MemberTable).
      const folded = `k${foldCase(key)}`;
      const twin = first.get(folded);
      if (twin === undefined) {
        first.set(folded, key);
        continue;
      }
      prefix ??= pointerOf(steps());
      const pair: [string, string] = [prefix + pointerOf([twin]), prefix + pointerOf([key])];
      this.#units += pair[0].length + pair[1].length;
      this.pairs.push(pair);
    }
  }
}

/**
 * `key` without its case, near enough to Unicode's simple case folding: lower case, and U+017F as `s`, which (with the
 * Kelvin sign, a `k` in lower case) is all that Go's encoding/json takes for a letter of an ASCII field name.
 */
export function foldCase(key: string): string {
  return key.toLowerCase().replaceAll('\u017f', 's');
}
