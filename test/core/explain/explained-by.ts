import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffImages } from '../../../packages/core/src/diff-images.js';
import { UNKNOWN_BUILDER } from '../../../packages/core/src/explain/builder-evidence.js';
import { CATALOGUE } from '../../../packages/core/src/explain/catalogue/index.js';
import type { Cause } from '../../../packages/core/src/explain/cause.js';
import type { FileSide, SideEvidence } from '../../../packages/core/src/explain/evidence.js';
import { explainContent } from '../../../packages/core/src/explain/explain-content.js';
import { CauseMatcher } from '../../../packages/core/src/explain/matching.js';
import type { TarHeader } from '../../../packages/core/src/tar/entry.js';
import { fixture } from '../../support/fixtures.js';
import { buildImage, layoutMembers, writeMembers } from '../../support/images.js';
import type { CauseCase, ImageInput, ImagesCase } from './cause-case.js';

const ALL = new CauseMatcher(CATALOGUE);
const IMAGE: SideEvidence = { config: null, manifest: null, created: [], epoch: null, builder: UNKNOWN_BUILDER };

/** The ids of the causes that explain all of a case; none where something is left. */
export async function explainedBy(each: CauseCase, catalogue: readonly Cause[] = CATALOGUE): Promise<string[]> {
  const matcher = catalogue === CATALOGUE ? ALL : new CauseMatcher(catalogue);
  if (each.kind === 'images') return explainedInImages(each, catalogue);
  if (each.kind === 'presence') {
    const file = { ...side(each.path, each.content), header: header(each.path, 0o644, each.type ?? 'file') };
    return matcher.presenceCauses(each.path).flatMap(({ id, rule }) => (rule.covers(file) ? [id] : []));
  }
  const [file0, file1] = each.contents.map((content) => side(each.path, content, each.mode)) as [FileSide, FileSide];
  const { causes, left } = explainContent(file0, file1, matcher.contentCauses(each.path));
  return left === null ? causes.map(({ id }) => id) : [];
}

/* Those of all causes that are named for any difference, as far as they are in the catalogue. */
async function explainedInImages({ images }: ImagesCase, catalogue: readonly Cause[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ocidiff-causes-'));
  try {
    const [path0, path1] = [await pathOf(images[0], join(folder, '0')), await pathOf(images[1], join(folder, '1'))];
    const report = await diffImages(path0, path1, {
      mode: 'strict',
      contents: true,
      allPlatforms: true,
      verbose: true,
    });
    const named = new Set(
      report.differences.flatMap(({ cause, otherCauses = [] }) => [cause ?? [], otherCauses].flat()),
    );
    return [...named].filter((id) => catalogue.some((cause) => cause.id === id));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function pathOf(input: ImageInput, folder: string): Promise<string> {
  if (typeof input === 'string') return fixture(input);
  const made = typeof input === 'function' ? await input() : input;
  const built = 'descriptor' in made ? made : await buildImage(made);
  return writeMembers(folder, layoutMembers(built));
}

/** One side of a case, of an image that nothing is known of. */
export function side(path: string, content: Uint8Array | string, mode = 0o644): FileSide {
  return { path, content: Buffer.from(content), header: header(path, mode, 'file'), image: IMAGE };
}

function header(path: string, mode: number, type: TarHeader['type']): TarHeader {
  return {
    position: 0,
    offset: 0,
    headerBytes: 512,
    headerDigest: '',
    format: 'ustar',
    type,
    path,
    linkTarget: '',
    mode,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: 0,
    storedSize: 0,
    mtime: { seconds: 0, nanoseconds: 0 },
    atime: null,
    ctime: null,
    devMajor: 0,
    devMinor: 0,
    pax: null,
    sparse: null,
    style: '',
  };
}
