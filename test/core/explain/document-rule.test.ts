import { describe, expect, test } from 'vitest';
import { compareConfigs } from '../../../packages/core/src/compare/config.js';
import type { Value } from '../../../packages/core/src/compare/difference.js';
import type { Finding } from '../../../packages/core/src/compare/finding.js';
import { compareManifests } from '../../../packages/core/src/compare/manifest.js';
import { FINDINGS } from '../../../packages/core/src/explain/catalogue/findings.js';
import type { FindingRule } from '../../../packages/core/src/explain/cause.js';
import { documentRule, exceptText } from '../../../packages/core/src/explain/document-rule.js';
import type { PairEvidence } from '../../../packages/core/src/explain/evidence.js';
import { sideEvidence } from '../../../packages/core/src/explain/side-evidence.js';
import type { Image, LoadedDocument } from '../../../packages/core/src/image/load.js';
import { parseJson } from '../../../packages/core/src/json/parse.js';
import { type BuiltImage, buildImage } from '../../support/images.js';
import { FINDINGS_CASES } from './catalogue/findings.cases.js';

const CASES = FINDINGS_CASES.flatMap(({ id, shows }) => {
  const rule = FINDINGS.find((cause) => cause.id === id)?.rule;
  if (rule?.what !== 'finding' || rule.normaliser.document === undefined) return [];
  return shows.flatMap((each) => {
    /* Fixtures, indexes and what a program packs have cases of their own. */
    if (each.kind !== 'images') return [];
    const [image0, image1] = each.images;
    return typeof image0 === 'object' && typeof image1 === 'object'
      ? [[id, each.what, rule, [image0, image1]] as const]
      : [];
  });
});

describe('what a cause explains of documents', () => {
  test.each(CASES)('%s, %s: its normaliser takes out', async (_, __, rule, images) => {
    const [image0, image1] = (await Promise.all(images.map(buildImage))) as [BuiltImage, BuiltImage];
    const before = compareDocuments(documentsOf(image0), documentsOf(image1));
    const evidence = evidenceOf(documentsOf(image0), documentsOf(image1));
    expect(before.filter((finding) => isCovered(rule, finding, evidence)).length).toBeGreaterThan(0);
    const [normal0, normal1] = [image0, image1].map((image) => documentsOf(image, rule)) as [Documents, Documents];
    const after = compareDocuments(normal0, normal1);
    expect(after.filter((finding) => isCovered(rule, finding, evidence))).toEqual([]);
    /* Nothing else appears, nothing else goes. */
    expect(fieldsOf(after)).toEqual(fieldsOf(before.filter((finding) => !isCovered(rule, finding, evidence))));
  });

  test('and no more: other values stay, and keys that objects know', () => {
    const rule = documentRule({
      kinds: ['config'],
      fields: [
        ['a', '*', 'b'],
        ['c', /^x/],
      ],
      left: exceptText(/^gone$/),
    });
    const value = JSON.parse(
      '{"a":[{"b":"gone"},{"b":"stays","d":1},[]],"c":{"x1":"gone","x2":1,"y":"gone","__proto__":"gone"},"b":"gone"}',
    ) as Value;
    expect(JSON.stringify(rule.normaliser.document?.('config', value))).toBe(
      '{"a":[{},{"b":"stays","d":1},[]],"c":{"x2":1,"y":"gone","__proto__":"gone"},"b":"gone"}',
    );
    expect(rule.normaliser.document?.('manifest', value)).toBe(value);
  });

  test('what becomes empty goes with it, for the other side may never have had it', () => {
    const rule = documentRule({ kinds: ['manifest'], fields: [['annotations', 'a']], left: () => undefined });
    expect(rule.normaliser.document?.('manifest', { annotations: { a: '1' }, b: {} })).toEqual({ b: {} });
    expect(rule.normaliser.document?.('manifest', { annotations: {} })).toEqual({ annotations: {} });
  });
});

interface Documents {
  readonly config: LoadedDocument;
  readonly manifest: LoadedDocument;
}

function documentsOf(image: BuiltImage, rule?: FindingRule): Documents {
  const manifest = image.blobs.get(image.descriptor.digest) as Buffer;
  const load = (kind: 'config' | 'manifest', bytes: Buffer): LoadedDocument => {
    const value = JSON.parse(bytes.toString()) as Value;
    const normal = rule?.normaliser.document?.(kind, value) ?? value;
    return {
      ref: { name: kind, digest: null, size: null },
      mediaType: null,
      json: parseJson(Buffer.from(JSON.stringify(normal)), { maxDepth: 100, maxBytes: 1_000_000 }),
    } as unknown as LoadedDocument;
  };
  return { config: load('config', image.config), manifest: load('manifest', manifest) };
}

function compareDocuments(documents0: Documents, documents1: Documents): Finding[] {
  const findings: Finding[] = [];
  const emit = (finding: Finding): void => {
    if (finding.follows === undefined && finding.field !== 'encoding') findings.push(finding);
  };
  compareConfigs(documents0.config, documents1.config, 'linux/amd64', [], emit);
  compareManifests(documents0.manifest, documents1.manifest, 'linux/amd64', [[0, 0]], emit);
  return findings;
}

function evidenceOf(documents0: Documents, documents1: Documents): PairEvidence {
  const side = ({ config, manifest }: Documents): PairEvidence['sides'][0] =>
    sideEvidence({ config, layers: [] } as unknown as Image, manifest, {
      epoch: null,
      compressions: [],
      attested: false,
    });
  return { platform: 'linux/amd64', sides: [side(documents0), side(documents1)] };
}

function isCovered(rule: FindingRule, finding: Finding, evidence: PairEvidence): boolean {
  return rule.subjects.includes(finding.subject) && rule.covers(finding, evidence);
}

function fieldsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ subject, field }) => `${subject} ${field}`).sort();
}
