import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ContentCase } from './cause-case.js';

const root = fileURLToPath(new URL('../../../fixtures/evidence/', import.meta.url));

/** A file that differed between two builds of one Dockerfile; see fixtures/evidence/README.md. */
export function evidence(image: 'services' | 'python', path: string, what: string): ContentCase {
  const contents = [0, 1].map((side) => readFileSync(`${root}${image}/${side}/${path}`)) as [Buffer, Buffer];
  return { kind: 'content', origin: 'evidence', what, path, contents };
}
