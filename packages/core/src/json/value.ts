/**
 * A parsed JSON document that still knows its text. `start` and `end` are offsets in UTF-16 code units into
 * `JsonDocument.text`, end exclusive. Numbers keep their text; strings and keys are decoded.
 */
export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonLiteral;

interface Span {
  readonly start: number;
  readonly end: number;
}
export interface JsonObject extends Span {
  readonly type: 'object';
  /** In source order; keys are unique. A Map, so `__proto__` is a key like any other. */
  readonly members: ReadonlyMap<string, JsonMember>;
}
export interface JsonMember {
  /** Span of the key with its quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: JsonNode;
}
export interface JsonArray extends Span {
  readonly type: 'array';
  readonly items: readonly JsonNode[];
}
export interface JsonString extends Span {
  readonly type: 'string';
  readonly value: string;
}
export interface JsonNumber extends Span {
  readonly type: 'number';
  /** As written: `1`, `1.0` and `1e0` are three texts. */
  readonly text: string;
}
export interface JsonLiteral extends Span {
  readonly type: 'literal';
  readonly value: true | false | null;
}

export interface JsonDocument {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly root: JsonNode;
  /** How many values it holds: arrays, objects, texts, numbers and literals. */
  readonly values: number;
  /** JSON Pointers of pairs of keys in one object that differ only in case (`/a/Foo` and `/a/foo`). */
  readonly caseTwins: readonly (readonly [string, string])[];
}
