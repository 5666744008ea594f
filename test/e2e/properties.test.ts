import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Difference,
  type DiffOptions,
  type Report,
  RULE_NAMES,
  renderJson,
} from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import {
  type Built,
  type BuiltImage,
  buildImage,
  buildIndex,
  dirMembers,
  dockerMembers,
  type ImageSpec,
  layoutMembers,
  type Member,
  packMembers,
  unpackMembers,
  writeMembers,
} from '../support/images.js';
import { image, imagePair, indexChildren, PLATFORMS } from './arbitraries.js';
import { compare, expectSound, FIXTURE_PAIRS, found, mirror, outcome, temporaryFolder, write } from './support.js';

const folder = temporaryFolder();
const SEED = 20_261_124;
const WAYS = ['oci-archive', 'oci', 'docker-archive', 'dir'] as const;
const way = fc.constantFrom(...WAYS);

let files = 0;
async function put(built: BuiltImage, how: (typeof WAYS)[number]): Promise<string> {
  files += 1;
  if (how === 'oci-archive') return write(folder, `${files}`, await packMembers(layoutMembers(built)));
  if (how === 'docker-archive') return write(folder, `${files}`, await packMembers(dockerMembers(built, ['a:1'])));
  return writeMembers(`${folder}/${files}`, how === 'oci' ? layoutMembers(built) : dirMembers(built));
}

async function putBuilt(built: Built): Promise<string> {
  files += 1;
  return write(folder, `${files}`, await packMembers(layoutMembers(built)));
}

/** The report without the names of the files that were compared. */
function nameless(report: Report): Report {
  const [input0, input1] = report.inputs;
  return {
    ...report,
    inputs: [
      { ...input0, reference: '0' },
      { ...input1, reference: '1' },
    ],
  };
}

/*
 * A child that one side has alone and one that the other has alone are told under one field where they stand in one
 * place: of two such rows with each other's values no order is the mirror of the other.
 */
function anyOrderOfTies(report: Report): Report {
  const isTie = ({ field, values: [value0, value1] }: Difference): boolean =>
    field.startsWith('/manifests/') &&
    report.differences.some((other) => other.field === field && isDeepStrictEqual(other.values, [value1, value0]));
  const text = (difference: Difference): string => JSON.stringify(difference);
  const ties = report.differences.filter(isTie).sort((a, b) => (text(a) < text(b) ? -1 : 1));
  return {
    ...report,
    differences: report.differences.map((each) => (isTie(each) ? (ties.shift() as Difference) : each)),
  };
}

/** What holds for any two images. */
async function expectPairSound(path0: string, path1: string, options: DiffOptions): Promise<Report> {
  const report = await compare(path0, path1, { ...options, verbose: true });
  expect(report.failures).toEqual([]);
  expectSound(report);
  const swapped = await compare(path1, path0, { ...options, verbose: true });
  expect(anyOrderOfTies(swapped)).toEqual(anyOrderOfTies(mirror(report)));
  const again = await compare(path0, path1, { ...options, verbose: true });
  expect([...renderJson(again)].join('')).toBe([...renderJson(report)].join(''));
  /* Without verbose the same, but for what is ignored. */
  const brief = await compare(path0, path1, options);
  expect(brief).toEqual({
    ...report,
    differences: report.differences.filter(({ ignoredBy }) => ignoredBy === undefined),
  });
  return report;
}

describe('random images', () => {
  test('an image and itself, also in another medium, have no difference', async () => {
    await fc.assert(
      fc.asyncProperty(image, way, way, async (spec, how0, how1) => {
        const built = await buildImage(spec);
        const [path0, path1] = [await put(built, how0), await put(built, how1)];
        const same = await compare(path0, path0, { verbose: true });
        expect(same.differences).toEqual([]);
        const report = await compare(path0, path1, { verbose: true });
        expectSound(report);
        const beyond = report.differences.filter(({ ignoredBy }) => ignoredBy !== 'transport');
        expect(beyond).toEqual([]);
        const bothKnown = how0 !== 'docker-archive' && how1 !== 'docker-archive';
        expect(report.verdict).toBe(bothKnown ? 'identical' : 'equivalent');
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test('swapped sides mirror the report, digests that differ have a cause, the same inputs give the same bytes', async () => {
    const mode = fc.oneof(
      fc.constantFrom<DiffOptions>({}, { mode: 'semantic' }),
      fc.subarray([...RULE_NAMES]).map((ignore): DiffOptions => ({ mode: { ignore } })),
    );
    await fc.assert(
      fc.asyncProperty(imagePair, way, way, mode, async ([first, second], how0, how1, options) => {
        const [path0, path1] = [await put(await buildImage(first), how0), await put(await buildImage(second), how1)];
        const report = await expectPairSound(path0, path1, options);
        const strict = await compare(path0, path1, { verbose: true });
        expect(found(report)).toEqual(found(strict));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('indexes: the same', async () => {
    const specs: readonly ImageSpec[] = [
      { layers: [{ entries: [{ path: 'a', content: 'a' }] }] },
      { layers: [{ entries: [{ path: 'a', content: 'b' }] }] },
      { layers: [{ entries: [{ path: 'a', content: 'a' }] }], config: { Env: ['A=1'] } },
      { layers: [], indent: 1 },
    ];
    const images = await Promise.all(
      specs.map((spec) => Promise.all(PLATFORMS.map((platform) => buildImage({ ...spec, platform })))),
    );
    /* What attests is no image besides. */
    const attestations = await Promise.all(
      ['one', 'two', 'three', 'four'].map((content) =>
        buildImage({
          layers: [
            {
              tar: Buffer.from(JSON.stringify({ predicateType: 'x', predicate: { content } })),
              compression: 'none',
              mediaType: 'application/vnd.in-toto+json',
            },
          ],
        }),
      ),
    );
    type Children = typeof indexChildren extends fc.Arbitrary<infer T> ? T : never;
    const build = (children: Children): Built => {
      const leaves = children.map(({ image: which, platform, attests }, i) => {
        const built = images[which]?.[platform ?? i % PLATFORMS.length] as BuiltImage;
        if (attests) {
          return {
            built: attestations[which] as BuiltImage,
            platform: { os: 'unknown', architecture: 'unknown' },
            annotations: {
              'vnd.docker.reference.type': 'attestation-manifest',
              'vnd.docker.reference.digest': images[0]?.[0]?.descriptor.digest ?? '',
            },
          };
        }
        return { built, ...(platform === null ? {} : { platform: PLATFORMS[platform] as (typeof PLATFORMS)[number] }) };
      });
      return buildIndex(leaves, children.length > 3 ? { annotations: { a: 'b' } } : {});
    };
    await fc.assert(
      fc.asyncProperty(indexChildren, indexChildren, fc.boolean(), async (children0, children1, semantic) => {
        const [path0, path1] = [await putBuilt(build(children0)), await putBuilt(build(children1))];
        const options: DiffOptions = { allPlatforms: true, mode: semantic ? 'semantic' : 'strict' };
        const first = await outcome(path0, path1, options);
        if (first instanceof Error) {
          expect(first.code).toBe('ERR_PLATFORM');
          expect(await outcome(path1, path0, options)).toMatchObject({ code: 'ERR_PLATFORM' });
          return;
        }
        const report = await expectPairSound(path0, path1, options);
        expect(found(report)).toEqual(found(await compare(path0, path1, { verbose: true, allPlatforms: true })));
      }),
      { seed: SEED, numRuns: 120 },
    );
  });

  test('the order of files in an outer archive does not matter', async () => {
    await fc.assert(
      fc.asyncProperty(
        imagePair,
        fc.constantFrom(layoutMembers, dockerMembers),
        fc.infiniteStream(fc.nat()),
        async ([first, second], membersOf, random) => {
          const other = await put(await buildImage(second), 'oci-archive');
          const members = membersOf(await buildImage(first));
          const sorted = write(folder, 'members.tar', await packMembers(members));
          const expected = await compare(sorted, other, { verbose: true });
          write(folder, 'members.tar', await packMembers(shuffled(members, random)));
          expect(await compare(sorted, other, { verbose: true })).toEqual(expected);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
  });
});

function shuffled(members: readonly Member[], random: fc.Stream<number>): Member[] {
  const left = [...members];
  const order: Member[] = [];
  while (left.length > 0) order.push(...left.splice((random.next().value as number) % left.length, 1));
  return order;
}

describe.each(FIXTURE_PAIRS)('%s and %s', (name0, name1) => {
  const [path0, path1] = [fixture(name0), fixture(name1)];

  test('mirror each other, have causes, are the same twice', async () => {
    for (const options of [{}, { mode: 'semantic' }, { allPlatforms: true }] as const) {
      const report = await outcome(path0, path1, options);
      if (report instanceof Error) throw report;
      await expectPairSound(path0, path1, options);
    }
  });

  test('in any order of the members', async () => {
    if (!name0.endsWith('.tar')) return;
    const members = await unpackMembers(readFileSync(path0));
    const expected = nameless(await compare(path0, path1, { verbose: true }));
    for (const order of [members.toReversed(), [...members.slice(3), ...members.slice(0, 3)]]) {
      const path = write(folder, 'reordered.tar', await packMembers(order));
      expect(nameless(await compare(path, path1, { verbose: true }))).toEqual(expected);
    }
  });
});
