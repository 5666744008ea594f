import { expect, test } from 'vitest';
import type { EntryRef, Finding } from '../../../packages/core/src/compare/finding.js';
import { FINDINGS } from '../../../packages/core/src/explain/catalogue/findings.js';
import type { PairEvidence, SideEvidence } from '../../../packages/core/src/explain/evidence.js';
import type { EntryFields } from '../../../packages/core/src/explain/normaliser.js';
import { sideEvidence } from '../../../packages/core/src/explain/side-evidence.js';
import type { Image } from '../../../packages/core/src/image/load.js';
import { normalizePath } from '../../../packages/core/src/layer/path.js';
import { type BuiltImage, buildImage } from '../../support/images.js';
import { document, indexOf, streamFindings } from '../compare/support.js';
import { FINDINGS_CASES } from './catalogue/findings.cases.js';

const CASES = FINDINGS_CASES.flatMap(({ id, shows }) => {
  const rule = FINDINGS.find((cause) => cause.id === id)?.rule;
  if (rule?.what !== 'finding' || !rule.subjects.includes('file')) return [];
  const { entry } = rule.normaliser;
  if (entry === undefined) return [];
  return shows.flatMap((each) => {
    /* Fixtures, and what a program packs, have the same shapes. */
    if (each.kind !== 'images') return [];
    const [image0, image1] = each.images;
    return typeof image0 === 'object' && typeof image1 === 'object'
      ? [[id, each.what, rule, entry, [image0, image1]] as const]
      : [];
  });
});

test.each(CASES)('%s, %s: its normaliser takes out what it explains', async (_, __, rule, entry, images) => {
  const [image0, image1] = (await Promise.all(images.map(buildImage))) as [BuiltImage, BuiltImage];
  const evidence: PairEvidence = { platform: 'linux/amd64', sides: [sideOf(image0), sideOf(image1)] };
  const findings = image0.layers.flatMap(({ tar }, i) => streamFindings(tar, image1.layers[i]?.tar ?? tar, [i, i]));
  const covered = findings.filter((finding) => finding.subject === 'file' && rule.covers(finding, evidence));
  expect(covered.length).toBeGreaterThan(0);
  for (const finding of covered) {
    const [ref0, ref1] = finding.entries as readonly [EntryRef | null, EntryRef | null];
    if (ref0 === null || ref1 === null) {
      const side = ref0 === null ? 1 : 0;
      expect(entry(fieldsOf((ref0 ?? ref1) as EntryRef), evidence.sides[side])).toBe(false);
      continue;
    }
    const [fields0, fields1] = [fieldsOf(ref0), fieldsOf(ref1)];
    expect(entry(fields0, evidence.sides[0])).toBe(true);
    expect(entry(fields1, evidence.sides[1])).toBe(true);
    expect(fieldValue(fields0, finding)).toEqual(fieldValue(fields1, finding));
  }
});

function sideOf(image: BuiltImage): SideEvidence {
  const manifest = document((image.blobs.get(image.descriptor.digest) as Buffer).toString());
  const config = document(image.config.toString());
  const times = image.layers.flatMap(({ tar }) => indexOf(tar).entries.map(({ mtime }) => mtime.seconds));
  const latest = Math.max(...times);
  const epoch = times.filter((time) => time === latest).length > 1 ? latest : null;
  return sideEvidence({ config } as unknown as Image, manifest, { epoch, compressions: [], attested: false });
}

function fieldsOf({ header }: EntryRef): EntryFields {
  const { type, size, mode, uid, gid, uname, gname, mtime, atime, ctime } = header;
  const path = normalizePath(header.path);
  return { path, type, size, mode, uid, gid, uname, gname, mtime, atime, ctime, pax: new Map(header.pax ?? []) };
}

function fieldValue(fields: EntryFields, { field }: Finding): unknown {
  if (field.startsWith('xattrs/')) return fields.pax.get(`SCHILY.xattr.${field.slice('xattrs/'.length)}`);
  if (field.startsWith('pax/')) return fields.pax.get(field.slice('pax/'.length));
  expect(fields).toHaveProperty(field);
  return fields[field as keyof EntryFields];
}
