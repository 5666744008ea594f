import { createHash } from 'node:crypto';
import { latin1 } from '../bytes/latin1.js';
import type { EntryRef, Finding } from '../compare/finding.js';
import type { Judged } from '../compare/judge.js';
import { compareText } from '../compare-text.js';
import type { Contents } from './contents.js';
import type { InstalledPackage } from './formats/installed-package.js';
import { APK_PATH, DPKG_PATH, PACMAN_PATH, parseApkInstalled, parseDpkgStatus } from './formats/package-databases.js';
import { packagesOf } from './formats/packages.js';

/** A package whose version differs, or that one side has alone. */
export interface PackageChange {
  readonly platform: string;
  readonly manager: InstalledPackage['manager'];
  readonly name: string;
  readonly architecture: string;
  readonly versions: readonly [string | null, string | null];
}

/** sha1 or md5 of a file's content, as a package's own list has it, and of which package it is. */
interface Listed {
  readonly change: PackageChange;
  readonly algorithm: 'md5' | 'sha1';
  readonly digest: string;
}

const RPM_PATH = /(^|\/)rpmdb\.sqlite$/;
/* Not its scripts, which are run as root: no list has their digests. */
const DPKG_INFO =
  /^var\/lib\/dpkg\/info\/([^/:]+?)(?::([^/.]+))?\.(?:list|md5sums|conffiles|shlibs|symbols|triggers|templates)$/;
const MD5SUMS = /^var\/lib\/dpkg\/(?:info|status\.d)\/([^/:]+?)(?::([^/.]+))?\.md5sums$/;

/** Whether packages are read from the file at `path` (normalised, a latin1 string). */
export function isPackageFile(path: string): boolean {
  return (
    DPKG_PATH.test(path) || APK_PATH.test(path) || PACMAN_PATH.test(path) || RPM_PATH.test(path) || MD5SUMS.test(path)
  );
}

/**
 * Which packages differ between two images, by the databases of their package managers, and which differing files are
 * those packages' own: a file follows from a package's change where the package's list names it with the very digest
 * that its content has, on each side that has it.
 */
export class PackageChanges {
  readonly #changes: PackageChange[] = [];
  /** By `platform name`, then `name:architecture`. */
  readonly #byName = new Map<string, PackageChange>();
  readonly #listed: readonly [Map<string, Listed>, Map<string, Listed>] = [new Map(), new Map()];

  private constructor() {}

  /** Reads the databases among the differing files. */
  static async read(judged: readonly Judged[], contents: Contents): Promise<PackageChanges> {
    const changes = new PackageChanges();
    const files = judged.filter(({ finding: { subject, path, field } }) => {
      return (
        subject === 'file' && path !== undefined && isPackageFile(path) && (field === 'content' || field === 'type')
      );
    });
    const installed = [new Map<string, Installed>(), new Map<string, Installed>()] as const;
    for (const { finding } of files) {
      for (const side of [0, 1] as const) {
        const content = await contentOf(contents, finding, side);
        if (content === null) continue;
        const { platform = '', path = '' } = finding;
        for (const each of packagesOf(path, content) ?? []) {
          installed[side].set(`${platform} ${each.manager} ${each.name}:${each.architecture}`, { platform, ...each });
        }
      }
    }
    changes.#compare(installed);
    if (changes.#changes.length > 0) for (const { finding } of files) await changes.#readLists(finding, contents);
    return changes;
  }

  /** Sorted by platform, manager, name. */
  get changes(): readonly PackageChange[] {
    return this.#changes;
  }

  /** Whether the list of a package that differs names the file that a finding is of. */
  lists({ platform = '', path = '' }: Finding): boolean {
    return this.#listed.some((listed) => listed.has(key(platform, path)) || listed.has(key(platform, merged(path))));
  }

  /** The package that a differing file is of, if what it holds is what that package says on each side; else null. */
  owner(finding: Finding, contents: readonly [Uint8Array | null, Uint8Array | null]): PackageChange | null {
    const { platform = '', path = '', entries } = finding;
    let owner: PackageChange | null = null;
    for (const side of [0, 1] as const) {
      const type = entries?.[side]?.header.type;
      if (type === undefined) continue;
      if (type !== 'file') return null;
      const content = contents[side];
      if (content === null) return null;
      const listed = this.#listed[side].get(key(platform, path)) ?? this.#listed[side].get(key(platform, merged(path)));
      const isOwn =
        listed !== undefined && createHash(listed.algorithm).update(content).digest('hex') === listed.digest
          ? listed.change
          : this.#ownsInfo(platform, path);
      if (isOwn === null || (owner !== null && owner !== isOwn)) return null;
      owner = isOwn;
    }
    return owner;
  }

  /* Lists and scripts that dpkg keeps of a package go by its name. */
  #ownsInfo(platform: string, path: string): PackageChange | null {
    const match = DPKG_INFO.exec(path);
    return match === null ? null : this.#named(platform, match[1] as string, match[2]);
  }

  /**
   * Whether the two sides of a package database are the same without what they say of packages that differ.
   * @returns a package that differs, or null
   */
  explainsDatabase(finding: Finding, content0: Uint8Array, content1: Uint8Array): PackageChange | null {
    const { platform = '', path = '' } = finding;
    const [rest0, rest1] = [content0, content1].map((content) => this.#withoutChanged(platform, path, content));
    if (rest0 == null || rest1 == null || rest0.content !== rest1.content) return null;
    return rest0.change ?? rest1.change;
  }

  #withoutChanged(
    platform: string,
    path: string,
    content: Uint8Array,
  ): { content: string; change: PackageChange | null } | null {
    const isApk = APK_PATH.test(path);
    const stanzas = isApk ? parseApkInstalled(content) : DPKG_PATH.test(path) ? parseDpkgStatus(content) : null;
    if (stanzas === null) return null;
    let [rest, at, found] = ['', 0, null as PackageChange | null];
    for (const stanza of stanzas) {
      const bytes = content.subarray(stanza.start, stanza.end);
      const [own] = packagesOf(path, bytes) ?? [];
      const change = own === undefined ? undefined : this.#byName.get(`${platform} ${own.name}:${own.architecture}`);
      if (change === undefined) continue;
      rest += latin1(content, at, stanza.start);
      /* The empty line behind it goes, too. */
      at = Math.min(stanza.end + 1, content.length);
      found ??= change;
    }
    return { content: rest + latin1(content, at), change: found };
  }

  #compare(installed: readonly [Map<string, Installed>, Map<string, Installed>]): void {
    for (const name of new Set([...installed[0].keys(), ...installed[1].keys()])) {
      const [own0, own1] = [installed[0].get(name), installed[1].get(name)];
      const { platform, manager, name: own, architecture } = (own0 ?? own1) as Installed;
      if (own0?.version === own1?.version) continue;
      const versions = [own0?.version ?? null, own1?.version ?? null] as const;
      this.#changes.push({ platform, manager, name: own, architecture, versions });
    }
    this.#changes.sort(
      (a, b) =>
        compareText(a.platform, b.platform) ||
        compareText(a.manager, b.manager) ||
        compareText(a.name, b.name) ||
        compareText(a.architecture, b.architecture),
    );
    for (const change of this.#changes)
      this.#byName.set(`${change.platform} ${change.name}:${change.architecture}`, change);
  }

  #named(platform: string, name: string, architecture: string | undefined): PackageChange | null {
    if (architecture !== undefined) return this.#byName.get(`${platform} ${name}:${architecture}`) ?? null;
    return this.#changes.find((change) => change.platform === platform && change.name === name) ?? null;
  }

  async #readLists(finding: Finding, contents: Contents): Promise<void> {
    const { platform = '', path = '' } = finding;
    for (const side of [0, 1] as const) {
      const content = await contentOf(contents, finding, side);
      if (content === null) continue;
      const match = MD5SUMS.exec(path);
      if (match !== null)
        this.#readMd5sums(side, platform, this.#named(platform, match[1] as string, match[2]), content);
      else if (APK_PATH.test(path)) this.#readApk(side, platform, content);
    }
  }

  /* md5sum(1): 32 hex digits, two spaces, the path. */
  #readMd5sums(side: 0 | 1, platform: string, change: PackageChange | null, content: Uint8Array): void {
    if (change === null) return;
    for (const line of latin1(content).split('\n')) {
      const match = /^([0-9a-f]{32}) [ *](?:\.\/)?(.+)$/.exec(line);
      if (match === null) continue;
      this.#listed[side].set(key(platform, match[2] as string), {
        change,
        algorithm: 'md5',
        digest: match[1] as string,
      });
    }
  }

  /* apk-tools, doc/apk-v2.5.scd: F folder, R file, Z its checksum: `Q1` and the base64 of a sha1. */
  #readApk(side: 0 | 1, platform: string, content: Uint8Array): void {
    let [change, folder, file] = [null as PackageChange | null, '', ''];
    let name = '';
    for (const line of latin1(content).split('\n')) {
      const [letter, rest] = [line.slice(0, 2), line.slice(2)];
      if (line === '') change = null;
      else if (letter === 'P:') name = rest;
      else if (letter === 'A:') change = this.#byName.get(`${platform} ${name}:${rest}`) ?? null;
      else if (letter === 'F:') folder = rest;
      else if (letter === 'R:') file = folder === '' ? rest : `${folder}/${rest}`;
      else if (letter === 'Z:' && rest.startsWith('Q1') && change !== null) {
        const digest = Buffer.from(rest.slice(2), 'base64').toString('hex');
        this.#listed[side].set(key(platform, file), { change, algorithm: 'sha1', digest });
      }
    }
  }
}

interface Installed extends InstalledPackage {
  readonly platform: string;
}

/* Debian's packages name files in /lib that are in /usr/lib since the two are one. */
function merged(path: string): string {
  return path.replace(/^usr\/(?=(?:s?bin|lib[^/]*)\/)/, '');
}

function key(platform: string, path: string): string {
  return `${platform} ${path}`;
}

async function contentOf(contents: Contents, { entries }: Finding, side: 0 | 1): Promise<Uint8Array | null> {
  const ref: EntryRef | null | undefined = entries?.[side];
  return ref == null || ref.header.type !== 'file' ? null : contents.of(ref);
}
