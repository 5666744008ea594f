import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparedText, Report } from '@ocidiff/core';
import { UsageError } from './usage-error.js';

/** The JSON report at `path`: a file, or a report folder's `report.json`. @throws {UsageError} naming the file */
export async function readReportFile(path: string): Promise<{ bytes: Uint8Array; name: string }> {
  const found = await stat(path).catch(() => null);
  const name = found?.isDirectory() === true ? join(path, 'report.json') : path;
  return { bytes: await readWholeFile(name), name };
}

/** @throws {UsageError} naming the file and the reason */
export async function readWholeFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** The documents beside the report of a report folder, as far as they are there; none beside a file. */
export async function readDocuments(path: string, report: Report): Promise<ComparedText[]> {
  const platforms = [...new Set(report.levels.map(({ platform }) => platform))];
  const documents: ComparedText[] = [];
  for (const side of [0, 1] as const) {
    const read = async (platform: string, name: ComparedText['name']): Promise<void> => {
      const between = platforms.length > 1 ? platform.replaceAll('/', '-') : '';
      const file = join(path, `input-${side}`, between, `${name}.json`);
      const text = /^[\w.-]*$/.test(between) ? await readFile(file, 'utf8').catch(() => null) : null;
      if (text !== null) documents.push({ platform, side, name, text });
    };
    await read('', 'index');
    for (const platform of platforms) for (const name of ['manifest', 'config'] as const) await read(platform, name);
  }
  return documents;
}
