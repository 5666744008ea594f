/*
 * Loaded into a measured process with --require: writes its peak resident memory, in KiB, to file descriptor 3 as the
 * process ends. VmHWM and not getrusage, which also counts the process that Node was started from.
 */
const { readFileSync, writeSync } = require('node:fs');

process.on('exit', () => {
  let peak = process.resourceUsage().maxRSS;
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (match) peak = Number(match[1]);
  } catch {
    /* Not Linux: getrusage it is. */
  }
  writeSync(3, String(peak));
});
