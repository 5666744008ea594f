import type { Core } from '../../packages/cli/src/core.js';
import type { Io } from '../../packages/cli/src/io.js';
import { run } from '../../packages/cli/src/run.js';
import { clearCache, inspectCache } from '../../packages/core/src/cache/manage-cache.js';
import { OciDiffError } from '../../packages/core/src/errors.js';
import { DEFAULT_LIMITS, limitOption, MAX_JOBS } from '../../packages/core/src/limits.js';
import { type DiffOptions, RULE_NAMES } from '../../packages/core/src/options.js';
import { displayMessage } from '../../packages/core/src/report/escape.js';
import { renderJson } from '../../packages/core/src/report/json.js';
import type { Report } from '../../packages/core/src/report/report.js';
import { renderTable } from '../../packages/core/src/report/table.js';

/** The library with `diffImages` in place of the real one. */
export function coreWith(diffImages: Core['diffImages']): Core {
  return {
    clearCache,
    DEFAULT_LIMITS,
    diffImages,
    displayMessage,
    inspectCache,
    limitOption,
    MAX_JOBS,
    OciDiffError,
    renderJson,
    renderTable,
    RULE_NAMES,
  };
}

/** What `diffImages` was called with. */
export interface Call {
  readonly images: readonly [string, string];
  readonly options: DiffOptions;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly Call[];
}

/** Runs the command on `report` (or on what the function makes of the call) instead of on images. */
export async function runCommand(
  argv: readonly string[],
  report: Report | ((call: Call) => Report | Promise<Report>),
  changes: Partial<Io> & { readonly terminal?: boolean } = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const calls: Call[] = [];
  const core = coreWith(async (image0, image1, options = {}) => {
    const call: Call = { images: [image0, image1], options };
    calls.push(call);
    return typeof report === 'function' ? report(call) : report;
  });
  const { terminal = false, ...rest } = changes;
  const output = (name: 'stdout' | 'stderr'): Io['stdout'] => ({
    isTerminal: terminal,
    columns: terminal ? 80 : undefined,
    write: async (text) => {
      written[name] += text;
    },
  });
  let clock = 0;
  const io: Io = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    stdin: () => {
      throw new Error('standard input was not asked for');
    },
    env: {},
    signal: new AbortController().signal,
    now: () => {
      clock += 50;
      return clock;
    },
    version: '0.1.0',
    ...rest,
  };
  const status = await run(argv, io, core);
  return { status, ...written, calls };
}
