import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@ocidiff/core': new URL('packages/core/src/index.ts', import.meta.url).pathname } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 30_000 },
});
