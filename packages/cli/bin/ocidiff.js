#!/usr/bin/env node
/*
 * CommonJS, since modules are loaded by the thread pool, whose size is settled then. zlib works on it beside the main
 * thread, which hashes; on two cores a second inflater would only take turns with the main thread (docs/decisions.md).
 */
'use strict';
if (require('node:os').cpus().length <= 2) process.env.UV_THREADPOOL_SIZE ??= '1';
/* Whatever goes wrong from here on, it must not end with 0 or 1: they are answers. */
process.exitCode = 2;
import('../dist/main.js')
  .then(({ main }) => main())
  .catch((error) => {
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND';
    const hint = missing ? ' (in a checkout, `npm start` builds it first)' : '';
    process.stderr.write(`error: ocidiff could not be started: ${error?.message}${hint}\n`);
  });
