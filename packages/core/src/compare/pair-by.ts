export interface Pairing<T> {
  /** In the order of finding: first those of the first way. */
  readonly pairs: readonly (readonly [T, T])[];
  /** Without a partner, in their order. */
  readonly left0: readonly T[];
  readonly left1: readonly T[];
}

/**
 * Pairs the items of two lists by one way after the other; of several of one key in their order. Linear in their number.
 * @param ways each gives an item's key; null for one that it does not pair
 */
export function pairBy<T extends object>(
  items0: readonly T[],
  items1: readonly T[],
  ways: readonly ((item: T) => string | null)[],
): Pairing<T> {
  const pairs: (readonly [T, T])[] = [];
  const taken = new Set<T>();
  for (const keyOf of ways) {
    /* Keys with a mark before them, as everywhere where an input chooses them. */
    const waiting = new Map<string, T[]>();
    for (const item of items1.toReversed()) {
      const key = taken.has(item) ? null : keyOf(item);
      if (key === null) continue;
      const list = waiting.get(`=${key}`);
      if (list === undefined) waiting.set(`=${key}`, [item]);
      else list.push(item);
    }
    for (const item of items0) {
      const key = taken.has(item) ? null : keyOf(item);
      const partner = key === null ? undefined : waiting.get(`=${key}`)?.pop();
      if (partner === undefined) continue;
      pairs.push([item, partner]);
      taken.add(item).add(partner);
    }
  }
  const isLeft = (item: T): boolean => !taken.has(item);
  return { pairs, left0: items0.filter(isLeft), left1: items1.filter(isLeft) };
}

/** Characters of a name that an input chooses and that stands in every row about what it names. */
const NAME_CHARACTERS = 200;

/** Gives the second of one name ` #2`, and so on; cuts names that are too long to stand in every row. */
export class UniqueNames {
  /* Keys with a mark before them, as above. */
  readonly #counts = new Map<string, number>();
  readonly #given = new Set<string>();

  of(name: string): string {
    const short = name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS)}…` : name;
    let count = this.#counts.get(`=${short}`) ?? 0;
    let unique: string;
    do {
      count++;
      unique = count === 1 ? short : `${short} #${count}`;
    } while (this.#given.has(`=${unique}`));
    this.#counts.set(`=${short}`, count);
    this.#given.add(`=${unique}`);
    return unique;
  }
}
