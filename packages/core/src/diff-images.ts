import { arch, platform as osName } from 'node:os';
import { cacheFolder } from './cache/cache-folder.js';
import { LayerCache } from './cache/layer-cache.js';
import { checkOptions } from './check-options.js';
import { RuleSet } from './compare/rules.js';
import { reportDocument } from './compared-documents.js';
import { Comparison, type ComparisonOptions } from './comparison.js';
import { joinErrors, OciDiffError, throwIfAborted, wrapError } from './errors.js';
import { CATALOGUE } from './explain/catalogue/index.js';
import type { BlobStore } from './image/blob-store.js';
import { type LoadedRoot, loadImages } from './image/load.js';
import { type Limits, limitsFrom } from './limits.js';
import type { Note } from './notes.js';
import type { DiffOptions } from './options.js';
import { prove } from './prove.js';
import { ReportFolder } from './report/folder.js';
import type { Report } from './report/report.js';
import type { ComparisonSide } from './sides.js';
import { openSource } from './sources/open-source.js';

/**
 * Compares two container images and says what differs, and what of it counts.
 *
 * `image0` and `image1` are written as on the command line: a path to an archive or folder (its kind is found by
 * looking inside), `-` (with `options.stdin`), or a path with a kind before it: `oci-archive:`, `docker-archive:`,
 * `oci:`, `dir:`, with `:REF` behind it where several images are in it; the name of an image in a local engine after
 * `docker://`, `podman://` or `containerd://`; or the name of an image in a registry, `NAME[:TAG][@DIGEST]`.
 *
 * Nothing is printed, no signal handler is installed, the process is not ended. Temporary files, with `reportDir` that
 * folder, and with `cache` the cache are all that is written. No other program is run, but `ctr` or `nerdctl` for `containerd://`,
 * and credential helpers that a configuration file found by `options.env` names.
 *
 * @returns the report, the same for the same inputs and options. Its `verdict` is `incomplete`, and `failures` say
 *   why, where something below the documents first opened could not be read.
 * @throws {OciDiffError} for wrong options, for an input that cannot be opened as an image, for a choice of platforms
 *   that is not possible, for a report folder that cannot be written, and with `ERR_ABORTED` after `options.signal`
 *
 * @example
 * ```ts
 * const report = await diffImages('build-1.tar', 'build-2.tar', { mode: 'semantic' });
 * if (report.verdict === 'different') {
 *   for (const { path, field, values, ignoredBy } of report.differences) {
 *     if (ignoredBy === undefined) console.log(path, field, values);
 *   }
 * }
 * ```
 */
export async function diffImages(image0: string, image1: string, options: DiffOptions = {}): Promise<Report> {
  checkOptions(image0, image1, options);
  const limits = limitsFrom(options.limits ?? {});
  const platforms = options.platforms ?? [];
  const rules = new RuleSet({
    mode: options.mode ?? 'strict',
    noIgnore: options.noIgnore ?? [],
    ignorePaths: options.ignorePaths ?? [],
    ignoreFields: options.ignoreFields ?? [],
    paths: options.paths ?? [],
    platformsChosen: platforms.length > 0,
  });
  if (platforms.length > 0 && options.allPlatforms === true) {
    throw new OciDiffError('ERR_OPTION_INVALID', 'either some platforms or all of them, not both');
  }
  if (image0 === '-' && image1 === '-') {
    throw new OciDiffError('ERR_OPTION_INVALID', 'only one of the two images can be read from standard input');
  }
  throwIfAborted(options.signal);

  /* A controller of our own: a failure on one side ends the other, and the caller's signal gets but one listener. */
  const controller = new AbortController();
  const abort = (): void => controller.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', abort, { once: true });
  const opened: BlobStore[] = [];
  const cacheRoot = cacheFolder(options);
  const cache = cacheRoot === null ? null : new LayerCache(cacheRoot, limits);
  let folder: ReportFolder | null = null;
  try {
    folder = options.reportDir === undefined ? null : await ReportFolder.open(options.reportDir);
    const sides = await openSides([image0, image1], options, limits, controller, opened);
    const comparisonOptions: ComparisonOptions = {
      limits,
      signal: controller.signal,
      choice: { platforms, all: options.allPlatforms ?? false, host: hostPlatform() },
      contents: wantsContents(options),
      accept: options.accept ?? null,
      verbose: options.verbose ?? options.reportDir !== undefined,
      catalogue: CATALOGUE,
      onProgress: options.onProgress,
      cache,
      jobs: options.jobs ?? (sides.some(({ store }) => store.isRemote) ? REMOTE_JOBS : LOCAL_JOBS),
    };
    const comparison = new Comparison(sides, rules, comparisonOptions);
    const unproved = await comparison.run(folder);
    const report =
      options.prove === true
        ? { ...unproved, proof: await prove(unproved, comparison.compared, sides, rules, comparisonOptions) }
        : unproved;
    throwIfAborted(options.signal);
    const documents =
      folder === null && options.onDocument === undefined ? [] : comparison.documents.map(reportDocument);
    for (const document of documents) options.onDocument?.(document);
    const final = folder === null ? report : await folder.commit(report, documents);
    folder = null;
    return final;
  } catch (error) {
    throwIfAborted(options.signal);
    throw wrapError(error, 'ERR_IO');
  } finally {
    options.signal?.removeEventListener('abort', abort);
    controller.abort();
    await Promise.allSettled(opened.map((store) => store.close()));
    await folder?.abandon();
    cache?.close();
  }
}

function wantsContents({ contents, prove: proves = false, reportDir, paths = [], accept = [] }: DiffOptions): boolean {
  return (
    proves ||
    (contents ?? (reportDir !== undefined || paths.length > 0 || accept.some(({ cause }) => cause !== undefined)))
  );
}
/** Both sides at once: hashing is on this thread, and keeps it busy. */
const LOCAL_JOBS = 2;
/** Of each side as many as Docker fetches at once: most of the time is spent waiting for answers. */
const REMOTE_JOBS = 6;

/**
 * What the other side gets, once one has failed, to tell its own failure: a file says at once what is wrong with it,
 * while standard input may take forever.
 */
const GRACE_MILLISECONDS = 1000;

async function openSides(
  references: readonly [string, string],
  options: DiffOptions,
  limits: Limits,
  controller: AbortController,
  opened: BlobStore[],
): Promise<readonly [ComparisonSide, ComparisonSide]> {
  let lateAbort: NodeJS.Timeout | undefined;
  const open = async (reference: string): Promise<ComparisonSide> => {
    try {
      const { signal } = controller;
      const stdin = options.stdin === undefined ? {} : { stdin: options.stdin };
      const { env, registry } = options;
      const store = await openSource(reference, { limits, signal, env, registry, ...stdin });
      opened.push(store);
      const notes: Note[] = [...store.notes];
      const onNote = (note: Note): void => {
        notes.push(note);
      };
      const root: LoadedRoot = await loadImages(store, { limits, signal, onNote });
      return { reference, store, root, notes };
    } catch (error) {
      lateAbort ??= setTimeout(() => controller.abort(), GRACE_MILLISECONDS);
      throw wrapError(error, 'ERR_IO', { input: reference });
    }
  };
  const results = await Promise.allSettled(references.map(open));
  clearTimeout(lateAbort);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as OciDiffError] : []));
  if (errors.length > 0) throw joinErrors(errors);
  const sides = results.map((result) => (result as PromiseFulfilledResult<ComparisonSide>).value);
  return sides as unknown as readonly [ComparisonSide, ComparisonSide];
}

/* Images are for Linux on all machines but Windows; the architecture is named as image-spec does, after Go. */
function hostPlatform(): string {
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
  const own = arch();
  return `${osName() === 'win32' ? 'windows' : 'linux'}/${architectures[own] ?? own}`;
}
