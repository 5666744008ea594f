import type { InstalledPackage } from './installed-package.js';
import {
  APK_PATH,
  DPKG_PATH,
  fieldText,
  PACMAN_PATH,
  parseApkInstalled,
  parseDpkgStatus,
  parsePacmanDesc,
  type Stanza,
} from './package-databases.js';
import { rpmPackagesOf } from './rpm.js';

/**
 * The packages that the file at `path` lists as installed: dpkg's database (one file, or one a package as distroless
 * images have it), apk's, pacman's of one package, or rpm's in SQLite.
 * @param path normalised, a latin1 string
 * @returns null for any other path, and for what cannot be read as such a file
 */
export function packagesOf(path: string, content: Uint8Array): InstalledPackage[] | null {
  if (DPKG_PATH.test(path) && !/-old$|\/available$|\.md5sums$/.test(path)) {
    const stanzas = parseDpkgStatus(content);
    return stanzas === null
      ? null
      : collect('dpkg', content, stanzas, ['Package', 'Architecture', 'Version'], isInstalled);
  }
  if (APK_PATH.test(path)) {
    const stanzas = parseApkInstalled(content);
    return stanzas === null ? null : collect('apk', content, stanzas, ['P', 'A', 'V'], () => true);
  }
  if (PACMAN_PATH.test(path)) {
    const stanza = parsePacmanDesc(content);
    return stanza === null ? null : collect('pacman', content, [stanza], ['NAME', 'ARCH', 'VERSION'], () => true);
  }
  return rpmPackagesOf(path, content);
}

/** Distroless images write no `Status`. */
function isInstalled(content: Uint8Array, stanza: Stanza): boolean {
  const status = fieldText(content, stanza, 'Status');
  return status === null || status.endsWith(' installed');
}

function collect(
  manager: InstalledPackage['manager'],
  content: Uint8Array,
  stanzas: readonly Stanza[],
  [name, architecture, version]: readonly [string, string, string],
  isWanted: (content: Uint8Array, stanza: Stanza) => boolean,
): InstalledPackage[] {
  const packages: InstalledPackage[] = [];
  for (const stanza of stanzas) {
    const text = fieldText(content, stanza, name);
    if (text === null || !isWanted(content, stanza)) continue;
    packages.push({
      manager,
      name: text,
      architecture: fieldText(content, stanza, architecture) ?? '',
      version: fieldText(content, stanza, version) ?? '',
    });
  }
  return packages;
}
