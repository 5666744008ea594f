import { fileURLToPath } from 'node:url';

/** Path of a fixture, by its name in fixtures/. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}
