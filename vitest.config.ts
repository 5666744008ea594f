import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@ocidiff/core': new URL('packages/core/src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    /* Tests wait for other programs as much as they compute: as many files at once as there are cores. */
    maxWorkers: '100%',
    /* Commands that tests run have no cache: no folder can be made there. Those that want one say where. */
    env: { OCIDIFF_CACHE_DIR: '/dev/null/cache' },
  },
});
