#!/usr/bin/env node
/* Whatever goes wrong from here on, it must not end with 0 or 1: they are answers. */
process.exitCode = 2;
try {
  const { main } = await import('../dist/main.js');
  await main();
} catch (error) {
  const missing = error?.code === 'ERR_MODULE_NOT_FOUND';
  const hint = missing ? ' (in a checkout, `npm start` builds it first)' : '';
  process.stderr.write(`error: ocidiff could not be started: ${error?.message}${hint}\n`);
}
