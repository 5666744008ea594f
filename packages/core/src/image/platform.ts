import { OciDiffError } from '../errors.js';
import type { Platform } from './descriptor.js';

/**
 * `platform` as containerd names it: lower case, aliases resolved, the variant left out where it is the usual one
 * (`arm64/v8`, `amd64/v1`) and filled in for `arm` (`v7`). Unlike containerd, an empty `os` stays empty: it is not this
 * machine's. Source: containerd/platforms, database.go `normalizeOS` and `normalizeArch`, platforms.go `Normalize`.
 */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const [architecture, variant] = normalizeArchitecture(
    platform.architecture.toLowerCase(),
    (platform.variant ?? '').toLowerCase(),
  );
  const features = platform['os.features'];
  return {
    os: os === 'macos' ? 'darwin' : os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(platform['os.version'] === undefined ? {} : { 'os.version': platform['os.version'] }),
    ...(features === undefined || features.length === 0 ? {} : { 'os.features': [...new Set(features)].sort() }),
  };
}

function normalizeArchitecture(architecture: string, variant: string): readonly [string, string] {
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      return ['arm64', variant === '8' || variant === 'v8' ? '' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (variant === '') return ['arm', 'v7'];
      return ['arm', /^[5-8]$/.test(variant) ? `v${variant}` : variant];
    default:
      return [architecture, variant];
  }
}

/**
 * A platform as a user writes it: `OS/ARCH[/VARIANT]`, normalised.
 * @throws {OciDiffError} `ERR_OPTION_INVALID` for anything else
 */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture = '', variant, ...rest] = text.split('/');
  const parts = [os, architecture, variant ?? 'none'];
  if (rest.length > 0 || !parts.every((part) => /^[A-Za-z0-9_.-]+$/.test(part))) {
    throw new OciDiffError(
      'ERR_OPTION_INVALID',
      `not a platform of the form OS/ARCH[/VARIANT], such as linux/amd64: ${JSON.stringify(text.slice(0, 200))}`,
    );
  }
  return normalizePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** `os/architecture[/variant]` of the normalised platform: `linux/arm64` for arm64 and for arm64/v8. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
