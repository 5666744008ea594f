import type { Value } from '../compare/difference.js';
import { compareText } from '../compare-text.js';
import { toValue } from '../json/to-value.js';
import type { JsonNode } from '../json/value.js';

/**
 * Numbers for JSON values: two have the same number if and only if they are equal, as nodes of a document (as `toValue`
 * gives them) or as plain values. Each is looked at once, so comparing parts of documents at every depth stays linear.
 */
export class ValueIds {
  readonly #ids = new Map<string, number>();
  readonly #known = new Map<JsonNode | object, number>();

  ofNode(node: JsonNode): number {
    if (node.type !== 'object' && node.type !== 'array') return this.ofValue(toValue(node));
    let id = this.#known.get(node);
    if (id === undefined) {
      id =
        node.type === 'array' ? this.#list(node.items.map((item) => this.ofNode(item))) : this.#ofMembers(node.members);
      this.#known.set(node, id);
    }
    return id;
  }

  /** @param value must not change any more */
  ofValue(value: Value): number {
    if (typeof value !== 'object' || value === null) return this.#intern(`${typeof value} ${String(value)}`);
    let id = this.#known.get(value);
    if (id === undefined) {
      id = Array.isArray(value)
        ? this.#list((value as readonly Value[]).map((item) => this.ofValue(item)))
        : this.#record(Object.entries(value).map(([key, member]) => [key, this.ofValue(member)]));
      this.#known.set(value, id);
    }
    return id;
  }

  #ofMembers(members: (JsonNode & { readonly type: 'object' })['members']): number {
    return this.#record([...members].map(([key, { value }]) => [key, this.ofNode(value)]));
  }

  #list(ids: readonly number[]): number {
    return this.#intern(`list ${ids.join()}`);
  }

  #record(members: [key: string, id: number][]): number {
    members.sort(([a], [b]) => compareText(a, b));
    return this.#intern(`record ${members.map(([key, id]) => `${JSON.stringify(key)}:${id}`).join()}`);
  }

  #intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.#ids.size);
    return this.#ids.size - 1;
  }
}
