import { expect, test } from 'vitest';
import type { Judged } from '../../../packages/core/src/compare/judge.js';
import { Explainer } from '../../../packages/core/src/explain/explainer.js';

const content = (i: number): Judged => ({
  finding: {
    subject: 'file',
    change: 'modified',
    platform: 'linux/amd64',
    path: `srv/${i}`,
    field: 'content',
    values: ['a', 'b'],
    excuses: [],
  },
  ignoredBy: null,
});

/* Nothing of it waits for anything but itself: unless it gives way, a signal comes when all is done. */
test('who aborts is heard while contents are looked into', async () => {
  const controller = new AbortController();
  const explainer = new Explainer({
    catalogue: [],
    evidence: new Map(),
    contents: { of: async () => new Uint8Array(0) },
    signal: controller.signal,
    maxFileBytes: 1000,
    maxReportBytes: 1000,
    compare: async () => ({ format: 'bytes', summary: 'x' }),
  });
  setImmediate(() => controller.abort());
  await expect(explainer.explain(Array.from({ length: 10_000 }, (_, i) => content(i)))).rejects.toMatchObject({
    code: 'ERR_ABORTED',
  });
});
