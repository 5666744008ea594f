import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ContentCase, PresenceCase } from './cause-case.js';

const root = fileURLToPath(new URL('../../../fixtures/', import.meta.url));

/** A file that differed between two builds of one Dockerfile; see fixtures/evidence/README.md. */
export function evidence(image: 'services' | 'python', path: string, what: string): ContentCase {
  return { kind: 'content', origin: 'evidence', what, path, contents: readBoth(`evidence/${image}`, path) };
}

/** What a tool wrote when it was run twice; see fixtures/causes/README.md. */
export function tool(folder: string, path: string, what: string): ContentCase {
  return { kind: 'content', origin: 'tool', what, path, contents: readBoth(`causes/${folder}`, path) };
}

/** A file that a tool left, below a name that only one side has. */
export function toolLeft(folder: string, side: 0 | 1, path: string, what: string): PresenceCase {
  return {
    kind: 'presence',
    origin: 'tool',
    what,
    path,
    content: readFileSync(`${root}causes/${folder}/${side}/${path}`),
  };
}

/** The only name in a folder of what a tool wrote. */
export function onlyName(folder: string, side: 0 | 1, path: string): string {
  return `${path}/${readdirSync(`${root}causes/${folder}/${side}/${path}`)[0]}`;
}

/** Contents written for a test. */
export function written(
  path: string,
  content0: Uint8Array | string,
  content1: Uint8Array | string,
  what: string,
): ContentCase {
  return { kind: 'content', origin: 'written', what, path, contents: [content0, content1] };
}

/** A file that one side has alone, written for a test. */
export function left(path: string, content: Uint8Array | string, what: string): PresenceCase {
  return { kind: 'presence', origin: 'written', what, path, content };
}

function readBoth(folder: string, path: string): [Buffer, Buffer] {
  /* A folder of git cannot be committed by its name. */
  const stored = path.replace('/.git/', '/dotgit/');
  const [content0, content1] = [0, 1].map((side) => readFileSync(`${root}${folder}/${side}/${stored}`));
  return [content0 as Buffer, content1 as Buffer];
}

/** What a tool wrote for the tests of formats, twice; see fixtures/formats/README.md. */
export function formats(folder: string, path: string, what: string): ContentCase {
  const [content0, content1] = [0, 1].map((side) => readFileSync(`${root}formats/${folder}/${side}.sqlite`));
  return { kind: 'content', origin: 'tool', what, path, contents: [content0 as Buffer, content1 as Buffer] };
}

/** A pattern for bytes: global, and `.` is any byte. Written as text, since patterns may not hold control characters. */
export function bytesLike(source: string): RegExp {
  return new RegExp(source, 'gs');
}
