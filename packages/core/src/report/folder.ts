import { platform as osName } from 'node:os';
import { OciDiffError, wrapError } from '../errors.js';
import { VERSION } from '../version.js';
import { PlatformNames } from './folder/names.js';
import { FolderPlace, MARKER } from './folder/place.js';
import { renderReadme } from './folder/readme.js';
import { type OpenFile, TreeWriter } from './folder/writer.js';
import type { ReportDocument } from './html/documents.js';
import { renderHtml } from './html/render-html.js';
import { renderJson } from './json.js';
import type { Report } from './report.js';

export type { OpenFile } from './folder/writer.js';

export type DocumentName = 'index.json' | 'manifest.json' | 'config.json';

/** `0` or `1` for the input, a layer's number or null for `rootfs`, where the two sides' layers have not the same. */
type Side = 0 | 1;

/**
 * Writes a report folder: documents and differing files as they come, reports at the end. Whoever opened it ends it,
 * by `commit` or `abandon`. Names are those that an image gave its files, and hostile: see `TreeWriter`.
 *
 * `platform` is the folder between for an input with several platforms (`linux/arm64`), null for none.
 * All methods reject with `ERR_REPORT_DIR` where the disk refuses; then only `abandon` is left to call.
 */
export class ReportFolder {
  readonly #place: FolderPlace;
  readonly #writer: TreeWriter;
  readonly #platforms = new PlatformNames();
  #ended = false;

  private constructor(place: FolderPlace) {
    this.#place = place;
    this.#writer = new TreeWriter(place.draft, { anyBytes: osName() === 'linux', windows: osName() === 'win32' });
  }

  /**
   * Prepares a report folder at `dir`, which does not exist, is empty, or was written by ocidiff; until `commit` it
   * stays as it is. Folders above it are made.
   * @throws {OciDiffError} `ERR_REPORT_DIR` for anything else at `dir`, or if no folder can be made beside it
   */
  static async open(dir: string): Promise<ReportFolder> {
    try {
      return new ReportFolder(await FolderPlace.reserve(dir));
    } catch (error) {
      throw refused(dir, error);
    }
  }

  /** Writes an index, manifest or config, byte for byte. */
  async addDocument(input: Side, platform: string | null, name: DocumentName, bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      const folder = this.#folderOf(input, platform);
      this.#writer.makeFolder(folder);
      await writeAll(this.#writer.createFile(`${folder}/${name}`), [bytes]);
    });
  }

  /**
   * Creates the file for `path` (bytes, relative to the root of the layer) for its content to be written to. Close
   * it once it is complete, discard it otherwise.
   */
  async openFile(input: Side, platform: string | null, layer: number | null, path: Uint8Array): Promise<OpenFile> {
    const file = await this.#guard(async () =>
      this.#writer.createFor(input, this.#layerOf(input, platform, layer), path),
    );
    return {
      write: (chunk) => this.#guard(() => file.write(chunk)),
      close: () => this.#guard(() => file.close()),
      discard: () => this.#guard(() => file.discard()),
    };
  }

  /** Writes a symbolic or hard link as a file that holds the target's bytes: no link is ever made. */
  async addLink(
    input: Side,
    platform: string | null,
    layer: number | null,
    path: Uint8Array,
    target: Uint8Array,
  ): Promise<void> {
    await this.#guard(async () => {
      await writeAll(this.#writer.createFor(input, this.#layerOf(input, platform, layer), path), [target]);
    });
  }

  /** Makes a folder for `directory`; for any other `type` (a device, `fifo`, `whiteout`) a file of one line with it. */
  async addOther(
    input: Side,
    platform: string | null,
    layer: number | null,
    path: Uint8Array,
    type: string,
  ): Promise<void> {
    await this.#guard(async () => {
      const base = this.#layerOf(input, platform, layer);
      if (type === 'directory') this.#writer.createFolderFor(input, base, path);
      else await writeAll(this.#writer.createFor(input, base, path), [Buffer.from(`${type}\n`)]);
    });
  }

  /**
   * Writes the reports and puts the folder in place, instead of an older one.
   * @param documents for the page
   * @returns `report` with `renamed`, as report.json holds it
   */
  async commit(report: Report, documents: readonly ReportDocument[] = []): Promise<Report> {
    const renamed = this.#writer.renamed;
    const final: Report = renamed.length === 0 ? report : { ...report, renamed };
    await this.#guard(async () => {
      await writeText(this.#writer.createFile('report.json'), renderJson(final));
      await writeText(this.#writer.createFile('report.html'), renderHtml(final, documents));
      await writeText(this.#writer.createFile('README.md'), renderReadme(final));
      await writeText(this.#writer.createFile(MARKER), [
        `written by ocidiff ${VERSION}, which may replace this folder\n`,
      ]);
      this.#writer.close();
      await this.#place.commit();
    });
    this.#ended = true;
    return final;
  }

  /** Removes all that was written. An older report folder stays as it was. Does nothing after `commit`. */
  async abandon(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#writer.close();
    try {
      await this.#place.abandon();
    } catch (error) {
      throw refused(this.#place.name, error);
    }
  }

  #folderOf(input: Side, platform: string | null): string {
    return platform === null ? `input-${input}` : `input-${input}/${this.#platforms.nameOf(platform)}`;
  }

  #layerOf(input: Side, platform: string | null, layer: number | null): string {
    const folder = `${this.#folderOf(input, platform)}/${layer === null ? 'rootfs' : `layers-${layer}`}`;
    this.#writer.makeFolder(folder);
    return folder;
  }

  async #guard<T>(write: () => Promise<T>): Promise<T> {
    try {
      if (this.#ended) throw new Error('the report folder is closed');
      return await write();
    } catch (error) {
      throw refused(this.#place.name, error);
    }
  }
}

function refused(dir: string, error: unknown): OciDiffError {
  if (error instanceof OciDiffError) return error;
  const { message } = wrapError(error, 'ERR_REPORT_DIR');
  return new OciDiffError('ERR_REPORT_DIR', `${dir}: the report folder cannot be written: ${message}`, {
    cause: error,
  });
}

async function writeText(file: OpenFile, chunks: Iterable<string>): Promise<void> {
  await writeAll(file, encoded(chunks));
}

function* encoded(chunks: Iterable<string>): Iterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function writeAll(file: OpenFile, chunks: Iterable<Uint8Array>): Promise<void> {
  try {
    for (const chunk of chunks) await file.write(chunk);
  } finally {
    await file.close();
  }
}
