import { lstat, mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OciDiffError } from '../../errors.js';

/** A file of this name says that ocidiff wrote the folder and may replace it. */
export const MARKER = '.ocidiff';
/** All that a report folder holds at its top. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  MARKER,
  'README.md',
  'report.json',
  'report.html',
  'input-0',
  'input-1',
]);

/**
 * Where a report folder will stand, and the temporary folder beside it that it is written in. Beside, since only on
 * one file system is renaming one step: an interrupted run or a full disk leaves the old report or none, never half a
 * one.
 */
export class FolderPlace {
  /** As the user wrote it, for messages. */
  readonly name: string;
  /** The new report folder, until it is put in place. */
  readonly draft: string;
  readonly #target: string;
  readonly #temporary: string;
  /** The outermost folder above the target that did not exist before. */
  readonly #madeParent: string | undefined;

  /** Whether the temporary folder holds what was there before. */
  #keep = false;

  private constructor(name: string, target: string, temporary: string, madeParent: string | undefined) {
    this.name = name;
    this.draft = join(temporary, 'report');
    this.#target = target;
    this.#temporary = temporary;
    this.#madeParent = madeParent;
  }

  /** @throws {OciDiffError} `ERR_REPORT_DIR` if something is at `name` that ocidiff did not write */
  static async reserve(name: string): Promise<FolderPlace> {
    const target = resolve(name);
    await checkReplaceable(target, name);
    const parent = dirname(target);
    const madeParent = await mkdir(parent, { recursive: true });
    /* Of mode 0700 and with a random name: nobody else can have put a link into it. */
    const temporary = await mkdtemp(join(parent, `${basename(target)}.tmp-`));
    const place = new FolderPlace(name, target, temporary, madeParent);
    await mkdir(place.draft, 0o755);
    return place;
  }

  /** Puts the draft in place of what was there before, and removes that. */
  async commit(): Promise<void> {
    /* It may have changed since the run began. */
    const exists = await checkReplaceable(this.#target, this.name);
    const old = join(this.#temporary, 'old');
    if (exists) await rename(this.#target, old);
    try {
      await rename(this.draft, this.#target);
    } catch (error) {
      if (exists) await this.#putBack(old);
      throw error;
    }
    await rm(this.#temporary, { recursive: true, force: true });
  }

  /* The folder that was there before must not go with the draft. */
  async #putBack(old: string): Promise<void> {
    try {
      await rename(old, this.#target);
    } catch (error) {
      this.#keep = true;
      const reason = error instanceof Error ? error.message : String(error);
      throw new OciDiffError('ERR_REPORT_DIR', `the report folder that was there before is now ${old} (${reason})`);
    }
  }

  /** Removes the draft; what was there before the run stays. */
  async abandon(): Promise<void> {
    if (this.#keep) return;
    await rm(this.#temporary, { recursive: true, force: true });
    if (this.#madeParent === undefined) return;
    for (let folder = dirname(this.#target); ; folder = dirname(folder)) {
      try {
        await rmdir(folder);
      } catch {
        return;
      }
      if (folder === this.#madeParent) return;
    }
  }
}

/** Whether there is a folder at `target` that may be replaced; false where nothing is there. */
async function checkReplaceable(target: string, name: string): Promise<boolean> {
  const refuse = (why: string): never => {
    throw new OciDiffError('ERR_REPORT_DIR', `${name}: ${why}; it is left alone`);
  };
  const stats = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stats === null) return false;
  if (!stats.isDirectory()) refuse(stats.isSymbolicLink() ? 'is a symbolic link' : 'exists and is no folder');
  const members = await readdir(target);
  if (members.length === 0) return true;
  const marker = await lstat(join(target, MARKER)).catch(() => null);
  if (marker?.isFile() !== true) refuse('exists, is not empty and was not written by ocidiff');
  const foreign = members.sort().find((member) => !OWN_NAMES.has(member));
  if (foreign !== undefined) refuse(`holds ${foreign}, which ocidiff did not write`);
  return true;
}
