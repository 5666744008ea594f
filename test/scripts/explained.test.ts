import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diffImages } from '../../packages/core/src/diff-images.js';
import { explainedPage } from '../../scripts/explained.mjs';

test('docs/explained.md is what is explained; node scripts/explained.mjs makes it anew', async () => {
  const page = readFileSync(new URL('../../docs/explained.md', import.meta.url), 'utf8');
  expect(await explainedPage(diffImages)).toBe(page);
}, 60_000);
