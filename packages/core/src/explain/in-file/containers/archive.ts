import type { Value } from '../../../json/plain.js';

/** What a container says of one of its members. */
export interface Member {
  /** A latin1 string. */
  readonly name: string;
  /** Metadata by their names, in the order in which they are told. */
  readonly fields: ReadonlyMap<string, Value>;
  /** Bytes as the container holds them; empty where there are none. */
  readonly stored: Uint8Array;
  /** Makes the content of them, no more than `maxBytes`; absent where they are it. May throw an OciDiffError. */
  readonly open?: (maxBytes: number) => Uint8Array | Promise<Uint8Array>;
}

/** A container that was read whole. */
export interface Archive {
  /** What the container says of itself. */
  readonly fields: ReadonlyMap<string, Value>;
  readonly members: readonly Member[];
  /** What was odd; one sentence each. */
  readonly remarks: readonly string[];
}

/** Reads one kind of container. */
export interface ArchiveReader {
  readonly format: string;
  /** Whether `content` begins (or ends) as this kind does; cheap. */
  recognises(content: Uint8Array): boolean;
  /**
   * @param maxMembers more are an error
   * @throws {ContainerError} what is not understood, and why
   */
  read(content: Uint8Array, maxMembers: number): Archive;
}

/** A container that cannot be read; `message` says why. */
export class ContainerError extends Error {}

export function checkMembers(count: number, maxMembers: number): void {
  if (count > maxMembers) throw new ContainerError(`more than ${maxMembers} members`);
}

/** Fields without those that are null. */
export function fieldsOf(entries: Iterable<readonly [string, Value]>): Map<string, Value> {
  const fields = new Map<string, Value>();
  for (const [name, value] of entries) if (value !== null) fields.set(name, value);
  return fields;
}

/** As in the report: `"0644"`. */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** As in the report: seconds since 1970, with nanoseconds. */
export function timeText(seconds: number, nanoseconds = 0): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}
