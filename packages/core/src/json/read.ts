import { type ErrorCode, OciDiffError } from '../errors.js';
import { pointerOf } from './pointer.js';
import type { JsonArray, JsonNode, JsonObject } from './value.js';

/** Problems that are kept; a hostile list may hold millions. */
const MAX_PROBLEMS = 20;

/**
 * Reads the fields of one document and collects everything that is wrong with them, so that one error can list all.
 * `where` is the JSON Pointer of the node. The `as…` methods give undefined for a node that is absent (reported by
 * whoever looked it up) or of another type (reported here).
 */
export class FieldReader {
  readonly #problems: string[] = [];
  #more = 0;

  /** The first 20 problems, each with its place. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  asObject(node: JsonNode | undefined, where: string): JsonObject | undefined {
    if (node === undefined || node.type === 'object') return node;
    return this.#mismatch(node, where, 'an object');
  }

  asArray(node: JsonNode | undefined, where: string): JsonArray | undefined {
    if (node === undefined || node.type === 'array') return node;
    return this.#mismatch(node, where, 'an array');
  }

  asString(node: JsonNode | undefined, where: string): string | undefined {
    if (node === undefined) return undefined;
    return node.type === 'string' ? node.value : this.#mismatch(node, where, 'a string');
  }

  /**
   * A whole number from 0 to 2^53 - 1, as Go's encoding/json decodes an int64: written without fraction and exponent
   * (`1.0` and `1e3` are refused, `-0` is 0).
   */
  asInteger(node: JsonNode | undefined, where: string): number | undefined {
    if (node === undefined) return undefined;
    if (node.type !== 'number') return this.#mismatch(node, where, 'a whole number');
    const value = /^\d+$|^-0$/.test(node.text) ? Math.abs(Number(node.text)) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    this.report(where, `expected a whole number from 0 to 2^53 - 1, found ${node.text.slice(0, 40)}`);
    return undefined;
  }

  /** The value of `object`'s member `name`; reported as missing where it is absent or null. */
  requiredMember(object: JsonObject | undefined, name: string, where: string): JsonNode | undefined {
    if (object === undefined) return undefined;
    const node = optionalMember(object, name);
    if (node === undefined) this.report(where + pointerOf([name]), 'missing');
    return node;
  }

  /** Adds a problem that a caller found by itself. */
  report(where: string, problem: string): void {
    if (this.#problems.length < MAX_PROBLEMS) {
      this.#problems.push(`${where === '' ? 'the document' : where.slice(0, 200)}: ${problem}`);
    } else {
      this.#more++;
    }
  }

  /**
   * To be called once all is read.
   * @throws {OciDiffError} `code`, if there were problems, with all of them in its message after `what`
   */
  finish(code: ErrorCode, what: string): void {
    if (this.#problems.length === 0) return;
    const more = this.#more === 0 ? '' : `; and ${this.#more} more`;
    throw new OciDiffError(code, `${what}: ${this.#problems.join('; ')}${more}`);
  }

  #mismatch(node: JsonNode, where: string, expected: string): undefined {
    this.report(where, `expected ${expected}, found ${nameOf(node)}`);
    return undefined;
  }
}

/** The value of `object`'s member `name`; undefined where it is absent or, as to Go's encoding/json, null. */
export function optionalMember(object: JsonObject | undefined, name: string): JsonNode | undefined {
  const node = object?.members.get(name)?.value;
  return node?.type === 'literal' && node.value === null ? undefined : node;
}

function nameOf(node: JsonNode): string {
  if (node.type === 'literal') return String(node.value);
  return node.type === 'array' || node.type === 'object' ? `an ${node.type}` : `a ${node.type}`;
}
