import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { ROWS } from '../engines/rows.js';

test('x', () =>
  writeFileSync('/tmp/eng/spec.json', JSON.stringify(Object.fromEntries(ROWS.map((r) => [r.name, r.tree])))));
