import { createHash } from 'node:crypto';
import { latin1, utf8OfLatin1 } from '../../bytes/latin1.js';

/** What the disk that is written to can hold. */
export interface DiskNames {
  /** Whether a name may be any bytes but `/` and NUL, as on Linux; else it is Unicode text. */
  readonly anyBytes: boolean;
  /** Whether Windows' rules hold: devices, `\`, `:` and others, no dot or space last. */
  readonly windows: boolean;
}

/** Bytes of one component: NAME_MAX of all common file systems. */
const NAME_BYTES = 255;
/** Bytes and components of a path below the folder of its layer: PATH_MAX is 4096 on Linux, 1024 on macOS. */
const PATH_BYTES = 1000;
const PATH_COMPONENTS = 100;
const READABLE_CHARACTERS = 60;
const HASH_DIGITS = 12;

/*
 * C0, DEL and C1; NUL ends a name in the system call, the others are for terminals. What turns a line around shows
 * `a<U+202E>cod.exe` as `aexe.doc`, in a file manager, too.
 */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
/* Microsoft, "Naming Files, Paths, and Namespaces"; with any extension, too, and with spaces before it. */
const WINDOWS_RESERVED =
  /^(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i;
const WINDOWS_FORBIDDEN = /[<>:"\\|?*]|[. ]$/;

/** A path taken apart: the components that can be made as they are, and whether those are all. */
export interface SplitPath {
  /** latin1 strings. */
  readonly components: readonly string[];
  /** Whether the whole path is in `components`; else the file needs a safe name in the folder they make. */
  readonly complete: boolean;
}

/**
 * Takes `path` apart up to the first component that must not or cannot be made on this disk: `..` and an absolute
 * path lead out of the folder, an empty one and `.` would make two paths one, the others no disk holds.
 */
export function splitPath(path: Uint8Array, disk: DiskNames): SplitPath {
  const text = latin1(path);
  if (text.length > PATH_BYTES) return { components: [], complete: false };
  const all = text.split('/');
  const bad = all.findIndex((component, i) => i >= PATH_COMPONENTS || !isSafeComponent(component, disk));
  return bad === -1 ? { components: all, complete: true } : { components: all.slice(0, bad), complete: false };
}

function isSafeComponent(component: string, { anyBytes, windows }: DiskNames): boolean {
  if (component === '' || component === '.' || component === '..') return false;
  if (component.length > NAME_BYTES) return false;
  const text = utf8OfLatin1(component);
  if (text === null && !anyBytes) return false;
  if (CONTROL.test(text ?? component.replace(/[\x80-\xff]/g, ''))) return false;
  return !windows || !(WINDOWS_RESERVED.test(text ?? component) || WINDOWS_FORBIDDEN.test(component));
}

/**
 * A name that every disk holds, for the file at `path`: what is readable of its last component, and twelve digits of
 * the path's sha256, so that it is the same every time and no other path's. `attempt` above 0 tells apart entries of
 * one path.
 */
export function safeName(path: Uint8Array, attempt: number): string {
  const last = latin1(path).replace(/\/+$/, '').split('/').at(-1) ?? '';
  /* No dot or dash first: the file is not hidden, and is no option of a program that gets it. */
  const readable = last
    .replace(/[^A-Za-z0-9._+-]+/g, '_')
    .replace(/^[.-]+/, '_')
    .slice(0, READABLE_CHARACTERS);
  const hash = createHash('sha256').update(path).digest('hex').slice(0, HASH_DIGITS);
  /* `com1.gz` is a device whatever comes after. */
  const free = readable === '' || WINDOWS_RESERVED.test(readable) ? `_${readable}` : readable;
  return `${free}~${hash}${attempt === 0 ? '' : `-${attempt}`}`;
}

/* Names that stand beside the platforms' folders. */
const OWN_NAMES = /^(layers-[0-9]+|rootfs|(index|manifest|config)\.json)$/i;

/**
 * Names of the folders of platforms: `linux/arm64` gives `linux-arm64`. A platform is text of a config, so `../..` is
 * one too; what two platforms would share, each gets with digits of its own.
 */
export class PlatformNames {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  nameOf(platform: string): string {
    const known = this.#names.get(platform);
    if (known !== undefined) return known;
    const plain = platform.replaceAll('/', '-');
    const safe = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(plain) && !/[.]$/.test(plain) && !OWN_NAMES.test(plain);
    const name = safe && !this.#taken.has(plain.toLowerCase()) ? plain : safeName(Buffer.from(platform), 0);
    this.#names.set(platform, name);
    this.#taken.add(name.toLowerCase());
    return name;
  }
}
