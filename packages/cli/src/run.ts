import type { ComparedText, Report } from '@ocidiff/core';
import { type CompareRequest, type OutputRequest, parseArguments, type ShowRequest, type When } from './arguments.js';
import { cacheText } from './cache-command.js';
import { causesText } from './causes.js';
import type { Core } from './core.js';
import { helpText } from './help.js';
import type { Io, Output } from './io.js';
import { OutputError, writeOutputFile } from './output-file.js';
import { ProgressLine } from './progress.js';
import { readDocuments, readReportFile, readWholeFile } from './read-file.js';
import { UsageError } from './usage-error.js';

/** Identical or equivalent; different; everything else. */
export type ExitStatus = 0 | 1 | 2;

/**
 * Runs the command.
 * @param argv the arguments, without the program's own
 * @returns the exit status; it never throws. With 2 nothing was written to standard output, unless it is what failed.
 */
export async function run(argv: readonly string[], io: Io, core: Core): Promise<ExitStatus> {
  try {
    const request = parseArguments(argv, core);
    switch (request.what) {
      case 'help':
        await print(io, [helpText(core)]);
        return 0;
      case 'version':
        await print(io, [`ocidiff ${io.version}\n`]);
        return 0;
      case 'cache':
        await print(io, [cacheText(request, io, core)]);
        return 0;
      case 'compare':
        return await compare(request, io, core);
      case 'show':
        return await show(request, io, core);
      case 'causes':
        await print(io, [causesText(core.CATALOGUE, request.id, core.displayMessage, isColoured(request.color, io))]);
        return 0;
    }
  } catch (error) {
    for (const line of describe(error, io, core)) await tell(io, core, 'error', line);
    return 2;
  }
}

async function compare(request: CompareRequest, io: Io, core: Core): Promise<ExitStatus> {
  const documents: ComparedText[] = [];
  const report = await readAndCompare(request, io, core, (document) => documents.push(document));
  for (const { input, message } of report.notes) await tell(io, core, 'note', `input ${input}: ${message}`);
  for (const { message } of report.failures) await tell(io, core, 'error', message);
  const status = statusOf(report);
  const { output, reportFile, quiet } = request;
  /* Files first: if one fails, the status is 2, and nothing may stand on standard output. */
  if (reportFile !== undefined) await writeOutputFile(reportFile, core.renderJson(report), io.signal);
  if (output !== undefined || (!quiet && status !== 2)) await write(report, documents, request, io, core);
  return status;
}

/* What it shows is not judged again: 0 says that it was shown. */
async function show(request: ShowRequest, io: Io, core: Core): Promise<ExitStatus> {
  const { bytes, name } = await readReportFile(request.report);
  const report = await core.parseReport(bytes, name);
  await write(report, await readDocuments(request.report, report), request, io, core);
  return 0;
}

async function write(
  report: Report,
  documents: readonly ComparedText[],
  request: OutputRequest,
  io: Io,
  core: Core,
): Promise<void> {
  const { output } = request;
  const text = (): Iterable<string> => render(report, documents, request, io, core);
  if (output !== undefined) return writeOutputFile(output, text(), io.signal);
  const pager = request.diff && request.format === 'table' && isOn('auto', io.stdout, io) ? await io.pager() : null;
  if (pager === null) return print(io, text());
  try {
    for (const chunk of text()) await pager.write(chunk);
  } catch {
    /* Whoever has left the pager has seen enough; the exit status tells all the same. */
  }
  if (!(await pager.close())) await print(io, text());
}

async function readAndCompare(
  request: CompareRequest,
  io: Io,
  core: Core,
  onDocument: (document: ComparedText) => void,
): Promise<Report> {
  const { images, options, progress } = request;
  const accept =
    request.accept === undefined
      ? {}
      : { accept: core.parseAcceptList(await readWholeFile(request.accept), request.accept) };
  const shown = isOn(progress, io.stderr, io) ? progressLine(io, progress) : null;
  try {
    return await core.diffImages(images[0], images[1], {
      ...options,
      ...accept,
      ...(request.format === 'html' ? { onDocument } : {}),
      signal: io.signal,
      env: io.env,
      ...(images.includes('-') ? { stdin: io.stdin() } : {}),
      ...(shown === null ? {} : { onProgress: (now) => shown.update(now) }),
    });
  } finally {
    shown?.clear();
  }
}

function progressLine(io: Io, when: When): ProgressLine {
  const write = (text: string): void => {
    /* Nobody waits for it, and if it cannot be shown, nothing is lost. */
    io.stderr.write(text).catch(() => {});
  };
  return when === 'always' ? new ProgressLine(write, io.now, 0) : new ProgressLine(write, io.now);
}

function statusOf({ verdict }: Report): ExitStatus {
  return verdict === 'incomplete' ? 2 : verdict === 'different' ? 1 : 0;
}

function render(
  report: Report,
  documents: readonly ComparedText[],
  request: OutputRequest,
  io: Io,
  core: Core,
): Iterable<string> {
  if (request.format === 'json') return core.renderJson(report);
  if (request.format === 'html') return core.renderHtml(report, documents);
  if (request.format === 'markdown') return [core.renderMarkdown(report)];
  const { output, verbose, diff } = request;
  const color = output === undefined ? isColoured(request.color, io) : request.color === 'always';
  const width = output === undefined && io.stdout.isTerminal ? io.stdout.columns : undefined;
  return core.renderTable(report, { color, verbose, diff, ...(width === undefined ? {} : { width }) });
}

/** Whether standard output gets colour. */
function isColoured(color: When, io: Io): boolean {
  return color === 'always' || (!io.env.NO_COLOR && isOn(color, io.stdout, io));
}

/** Whether what wants a terminal is to be done on `output`. */
function isOn(when: When, output: Output, { env }: Io): boolean {
  return when === 'always' || (when === 'auto' && output.isTerminal && env.TERM !== 'dumb');
}

async function print({ stdout, signal }: Io, chunks: Iterable<string>): Promise<void> {
  for (const chunk of chunks) {
    signal.throwIfAborted();
    try {
      await unlessAborted(stdout.write(chunk), signal);
    } catch (error) {
      signal.throwIfAborted();
      /* Whoever read it has seen enough: `ocidiff … | head`. */
      if ((error as { code?: unknown }).code === 'EPIPE') {
        throw new OutputError('standard output: closed by its reader before all was written');
      }
      throw new OutputError(`standard output: cannot be written: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/* A reader that has stopped reading, a pager say, must not hold up an interrupt. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function tell(io: Io, core: Core, kind: 'note' | 'error', text: string): Promise<void> {
  /* Without standard error there is nowhere to say that it is missing. */
  await io.stderr.write(`${kind}: ${core.displayMessage(text)}\n`).catch(() => {});
}

/** One line for each failure. */
function describe(error: unknown, { signal }: Io, core: Core): string[] {
  if (signal.aborted) return [signal.reason instanceof Error ? signal.reason.message : 'interrupted'];
  if (error instanceof UsageError) return [`${error.message} (ocidiff --help tells more)`];
  if (error instanceof OutputError) return [error.message];
  if (error instanceof core.OciDiffError) return [error, ...error.others].map((each) => each.describe());
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`a fault in ocidiff, please report it: ${text}`];
}
