import type { Stats } from 'node:fs';
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
    try {
      await checkOwner(target, temporary, name);
      await mkdir(place.draft, 0o755);
    } catch (error) {
      await place.abandon();
      throw error;
    }
    return place;
  }

  /** Puts the draft in place of what was there before, and removes that. */
  async commit(): Promise<void> {
    /* It may have changed since the run began. */
    const before = await checkReplaceable(this.#target, this.name);
    if (before === 'report') await this.#replace();
    else await this.#put(before);
    await rm(this.#temporary, { recursive: true, force: true });
  }

  async #put(before: 'nothing' | 'empty'): Promise<void> {
    /* Fails where something has come into it, which is then nobody's to remove. */
    if (before === 'empty') await rmdir(this.#target);
    try {
      await rename(this.draft, this.#target);
    } catch (error) {
      if (before === 'empty') await mkdir(this.#target).catch(() => {});
      throw error;
    }
  }

  async #replace(): Promise<void> {
    const old = join(this.#temporary, 'old');
    await rename(this.#target, old);
    try {
      /* What was moved need not be what was looked at. Here nobody else can change which folder this is. */
      await checkReplaceable(old, this.name);
      await checkOwner(old, this.#temporary, this.name);
      await rename(this.draft, this.#target);
    } catch (error) {
      await this.#putBack(old);
      throw error;
    }
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

/**
 * What is at `target`: nothing, an empty folder, or a report folder.
 * @throws {OciDiffError} `ERR_REPORT_DIR` for anything else
 */
async function checkReplaceable(target: string, name: string): Promise<'nothing' | 'empty' | 'report'> {
  const refuse = (why: string): never => {
    throw new OciDiffError('ERR_REPORT_DIR', `${name}: ${why}; it is left alone`);
  };
  const stats = await lstatOrNull(target);
  if (stats === null) return 'nothing';
  if (!stats.isDirectory()) refuse(stats.isSymbolicLink() ? 'is a symbolic link' : 'exists and is no folder');
  const members = await readdir(target);
  if (members.length === 0) return 'empty';
  const marker = await lstat(join(target, MARKER)).catch(() => null);
  if (marker?.isFile() !== true) refuse('exists, is not empty and was not written by ocidiff');
  const foreign = members.sort().find((member) => !OWN_NAMES.has(member));
  if (foreign !== undefined) refuse(`holds ${foreign}, which ocidiff did not write`);
  return 'report';
}

/**
 * Refuses a report folder whose owner is another user than that of `own`, a folder just made: its owner can change it
 * while it is removed, so that a link stands where a folder was, and anybody can write a marker. An empty folder of
 * others is no more than a place, and nothing below it is removed.
 * @throws {OciDiffError} `ERR_REPORT_DIR`
 */
async function checkOwner(target: string, own: string, name: string): Promise<void> {
  const [stats, { uid }] = [await lstatOrNull(target), await lstat(own)];
  if (stats === null || stats.uid === uid || (await readdir(target)).length === 0) return;
  throw new OciDiffError('ERR_REPORT_DIR', `${name}: belongs to another user; it is left alone`);
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
