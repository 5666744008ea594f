import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OciDiffError } from '../../packages/core/src/index.js';
import { fixture } from '../support/fixtures.js';
import { type Member, packMembers, unpackMembers, writeMembers } from '../support/images.js';
import { failuresOf, outcome, temporaryFolder, write } from './support.js';

const folder = temporaryFolder();

/** A medium with every blob that its image needs, and another image to compare it with. */
interface Medium {
  readonly what: string;
  readonly whole: string;
  readonly other: string;
  readonly members: readonly Member[];
  readonly victims: readonly string[];
  readonly isFolder: boolean;
}

async function archive(what: string, name: string, other: string): Promise<Medium> {
  const members = await unpackMembers(readFileSync(fixture(name)));
  const manifest = members.find((member) => member.name === 'manifest.json');
  const blobs = members.map((member) => member.name).filter((member) => member.startsWith('blobs/'));
  const victims = manifest === undefined ? blobs : namedIn(manifest.content);
  return { what, whole: fixture(name), other: fixture(other), members, victims, isFolder: false };
}

/* What a `manifest.json` of `docker save` names; the other members carry nothing. */
function namedIn(manifest: Buffer): string[] {
  const [entry] = JSON.parse(manifest.toString()) as { Config: string; Layers: string[] }[];
  return entry === undefined ? [] : [entry.Config, ...entry.Layers];
}

function directory(what: string, name: string, other: string, isVictim: (path: string) => boolean): Medium {
  const paths = readdirSync(fixture(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(fixture(name).length + 1));
  const members = paths.map((path) => ({ name: path, content: readFileSync(join(fixture(name), path)) }));
  const victims = paths.filter(isVictim);
  return { what, whole: fixture(name), other: fixture(other), members, victims, isFolder: true };
}

const MEDIA: readonly Medium[] = [
  await archive('an OCI archive', 'clock-buildkit-1.oci.tar', 'clock-buildkit-0.oci.tar'),
  directory('a layout', 'clock-buildkit-1-layout', 'clock-buildkit-0.oci.tar', (path) => path.startsWith('blobs/')),
  await archive('docker save, classic', 'clock-save-classic.docker.tar', 'clock-buildkit-0.oci.tar'),
  await archive('docker save, Engine 28', 'clock-save-engine28-classic.docker.tar', 'clock-buildkit-0.oci.tar'),
  await archive('podman save', 'clock-podman-save.docker.tar', 'clock-buildkit-1.oci.tar'),
  directory('skopeo dir:', 'clock-buildah-dir', 'clock-buildah.oci.tar', (path) => /^[0-9a-f]{64}$/.test(path)),
];

/** How many blobs each has: manifest, config and four layers; no manifest in `docker save`, and none of its own in dir:. */
const BLOBS = [6, 6, 5, 5, 4, 4];

const DAMAGES: Readonly<Record<string, (content: Buffer) => Buffer | null>> = {
  corrupted: (content) => {
    const copy = Buffer.from(content);
    const middle = copy.length >> 1;
    copy[middle] = (copy[middle] as number) ^ 1;
    return copy;
  },
  'cut by a byte': (content) => content.subarray(0, -1),
  'cut in half': (content) => content.subarray(0, content.length >> 1),
  emptied: () => Buffer.alloc(0),
  removed: () => null,
};

async function damage(medium: Medium, victim: string, how: string, name: string): Promise<string> {
  const members = medium.members.flatMap((member) => {
    if (member.name !== victim) return [member];
    const content = DAMAGES[how]?.(member.content) ?? null;
    return content === null ? [] : [{ ...member, content }];
  });
  if (!medium.isFolder) return write(folder, `${name}.tar`, await packMembers(members));
  rmSync(join(folder, name), { recursive: true, force: true });
  return writeMembers(join(folder, name), members);
}

/** What errors may call a blob: by its digest, or by its name in the archive. */
function namesOf(victim: string): string[] {
  const hex = /[0-9a-f]{64}/.exec(victim)?.[0] ?? '';
  return [victim, `sha256:${hex}`];
}

/** The images as `diffImages` took them: never equal, never just different, and each fault told with its place. */
async function expectFault(image0: string, image1: string, faulty: readonly string[], victim: string): Promise<void> {
  const result = await outcome(image0, image1);
  if (!(result instanceof OciDiffError)) expect(result.verdict).toBe('incomplete');
  const lines = failuresOf(result);
  for (const line of lines) {
    expect(namesOf(victim).filter((name) => line.includes(name))).not.toEqual([]);
    expect(line).not.toContain('\n');
  }
  for (const path of [image0, image1]) {
    expect(lines.some((line) => line.includes(path))).toBe(faulty.includes(path));
  }
}

test.each(MEDIA.map(({ what, victims }, i) => [what, victims.length, BLOBS[i]]))(
  '%s has %i blobs',
  (_, count, expected) => {
    expect(count).toBe(expected);
  },
);

describe.each(MEDIA)('$what', (medium) => {
  const cases = medium.victims.flatMap((victim) => Object.keys(DAMAGES).map((how) => [victim, how] as const));

  test.each(cases)('%s %s', async (victim, how) => {
    const damaged = await damage(medium, victim, how, 'damaged');
    await expectFault(damaged, medium.whole, [damaged], victim);
    await expectFault(medium.whole, damaged, [damaged], victim);
    await expectFault(damaged, medium.other, [damaged], victim);
    await expectFault(medium.other, damaged, [damaged], victim);
    const again = await damage(medium, victim, how, 'again');
    await expectFault(damaged, again, [damaged, again], victim);
    await expectFault(damaged, damaged, [damaged], victim);
  });
});

describe('an index of three platforms', async () => {
  const members = await unpackMembers(readFileSync(fixture('multi-1.oci.tar')));
  const medium: Medium = { ...(MEDIA[0] as Medium), whole: fixture('multi-1.oci.tar'), members, isFolder: false };
  const index = 'sha256:7a26a5e8bc484239cec8aa9ae62321027509e1ff08a517473aa250912e5db61e';
  /* By platform, as `index.json` and the manifests in the fixture name them. */
  const MANIFESTS: Readonly<Record<string, string>> = {
    'linux/amd64': 'sha256:23b1f418a87248a1308cd509e434c803288a2b97b5b3a2e1a09216f3a314961a',
    'linux/arm64': 'sha256:0a6500400ba438a00aee476814ae727bda5ae3457e5fe9fe33b7b96ce567e8ff',
    'linux/arm/v7': 'sha256:a9cdb9d2627eecb739df524888bf56b9bcec37651a947ae2443c12131446fbd9',
  };
  const memberOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;
  const contentOf = (digest: string): string => String(members.find(({ name }) => name === memberOf(digest))?.content);
  const below = (manifest: string): string[] => {
    const { config, layers } = JSON.parse(contentOf(manifest)) as { config: Blob; layers: Blob[] };
    return [manifest, config.digest, ...layers.map(({ digest }) => digest)];
  };
  interface Blob {
    readonly digest: string;
  }
  const cases = Object.entries(MANIFESTS).flatMap(([platform, manifest]) =>
    below(manifest).flatMap((digest) => ['corrupted', 'removed'].map((how) => [platform, digest, how] as const)),
  );

  test.each(cases)('%s: %s %s', async (platform, digest, how) => {
    const damaged = await damage(medium, memberOf(digest), how, 'damaged');
    const needed = new Set(
      Object.entries(MANIFESTS).flatMap(([each, manifest]) => (below(manifest).includes(digest) ? [each] : [])),
    );
    expect(needed).toContain(platform);
    for (const each of Object.keys(MANIFESTS)) {
      for (const second of ['multi-1.oci.tar', 'multi-2.oci.tar']) {
        const result = await outcome(damaged, fixture(second), { platforms: [each] });
        if (result instanceof OciDiffError) throw result;
        if (needed.has(each)) {
          expect(result.verdict).toBe('incomplete');
          expect(result.failures).toHaveLength(1);
          expect(result.failures[0]?.message).toContain(digest);
          expect(result.failures[0]?.message).toContain(damaged);
        } else {
          /* A blob that no chosen platform needs may be absent. */
          expect(result.failures).toEqual([]);
          expect(result.verdict).toBe(second === 'multi-1.oci.tar' ? 'identical' : 'different');
        }
      }
    }
    const all = await outcome(fixture('multi-2.oci.tar'), damaged, { allPlatforms: true });
    if (all instanceof OciDiffError) throw all;
    expect(all.verdict).toBe('incomplete');
    /* What can be read is compared all the same. */
    for (const each of Object.keys(MANIFESTS)) {
      if (!needed.has(each)) expect(all.differences.map(({ platform: of }) => of)).toContain(each);
    }
  });

  test.each(Object.keys(DAMAGES))('the index itself, %s, on both sides', async (how) => {
    const damaged = await damage(medium, memberOf(index), how, 'damaged');
    const again = await damage(medium, memberOf(index), how, 'again');
    await expectFault(damaged, again, [damaged, again], memberOf(index));
  });
});
