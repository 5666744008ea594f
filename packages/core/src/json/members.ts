import type { JsonMember } from './value.js';

/** Keys like array indexes that one plain Map may hold before `MemberTable` gives it up. */
const MAX_INDEX_KEYS = 100;

/**
 * The members of one object while it is read, in linear time for any keys. V8 before March 2026 (CVE-2026-21717)
 * hashes a string such as `"1048576"` to its number, without a seed, so that a file can hold a million keys that all
 * collide in a Map. Past a few such keys the members move to a map that hashes them with a prefix.
 */
export class MemberTable {
  #members: Map<string, JsonMember> = new Map();
  #indexKeys = 0;

  has(key: string): boolean {
    return this.#members.has(key);
  }

  add(key: string, member: JsonMember): void {
    if (isIndexLike(key) && ++this.#indexKeys === MAX_INDEX_KEYS) this.#members = new PrefixedMap(this.#members);
    this.#members.set(key, member);
  }

  /** The members in the order in which they were added. */
  get members(): ReadonlyMap<string, JsonMember> {
    return this.#members;
  }
}

/** Up to ten digits: what V8 takes for an array index. */
function isIndexLike(key: string): boolean {
  if (key.length === 0 || key.length > 10) return false;
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    if (unit < 0x30 || unit > 0x39) return false;
  }
  return true;
}

class PrefixedMap extends Map<string, JsonMember> {
  constructor(members: ReadonlyMap<string, JsonMember>) {
    super();
    for (const [key, member] of members) this.set(key, member);
  }

  override has(key: string): boolean {
    return super.has(`k${key}`);
  }

  override get(key: string): JsonMember | undefined {
    return super.get(`k${key}`);
  }

  override set(key: string, member: JsonMember): this {
    return super.set(`k${key}`, member);
  }

  override delete(key: string): boolean {
    return super.delete(`k${key}`);
  }

  override *keys(): MapIterator<string> {
    for (const key of super.keys()) yield key.slice(1);
  }

  override *entries(): MapIterator<[string, JsonMember]> {
    for (const [key, member] of super.entries()) yield [key.slice(1), member];
  }

  override [Symbol.iterator](): MapIterator<[string, JsonMember]> {
    return this.entries();
  }

  override forEach(visit: (member: JsonMember, key: string, map: Map<string, JsonMember>) => void): void {
    for (const [key, member] of this.entries()) visit(member, key, this);
  }
}
