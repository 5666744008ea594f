import type { Cause } from '../cause.js';
import { type ByteSpan, blank, blankMatches } from '../content-rule.js';
import type { FileSide } from '../evidence.js';
import { type Elf, type ElfSection, parseElf } from '../formats/elf.js';
import { MONTH, TIME_OF_DAY } from './dates.js';

/* namesz, descsz, type, `GNU\0` or `Go\0\0` */
const NOTE_HEADER = 16;
const CRC_BYTES = 4;
/* `__DATE__` and `__TIME__` */
const DATE_MACRO = new RegExp(`(?<![0-9A-Za-z])${MONTH} [ 1-3]\\d (?:19|20|21)\\d\\d(?![0-9A-Za-z])`, 'g');
const TIME_MACRO = new RegExp(`(?<![0-9A-Za-z:.])${TIME_OF_DAY}(?![0-9A-Za-z:.])`, 'g');
/* runtime/debug.BuildInfo */
const GO_VCS = [/build\tvcs\.revision=([0-9a-f]{40})\n/g, /build\tvcs\.time=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n/g];

const BUILD_PATH_PAGE = 'https://reproducible-builds.org/docs/build-path/';

/**
 * Programs and libraries. All of it is to be reviewed: that a binary was linked anew shows in nothing but such places,
 * and so does one that somebody has changed there.
 */
export const BINARIES: readonly Cause[] = [
  {
    id: 'elf-build-id',
    title: 'A program or library has another build id',
    class: 'review',
    where: 'ELF files, section .note.gnu.build-id',
    shape:
      'The id; all other bytes are the same. The linker makes it of the content: what it was made of was stripped, or it was random.',
    remedy:
      'Link with -Wl,--build-id=sha1 and not uuid; see to what debugging sections hold: gcc -ffile-prefix-map=$PWD=.',
    references: ['https://sourceware.org/binutils/docs/ld/Options.html', BUILD_PATH_PAGE],
    rule: {
      what: 'content',
      paths: ['**'],
      normalise: blankSections('.note.gnu.build-id', ({ start, end }) => [start + NOTE_HEADER, end]),
    },
  },
  {
    id: 'elf-comment',
    title: 'A program or library names another version of the compiler',
    class: 'review',
    where: 'ELF files, section .comment',
    shape: 'The text of the section, of the same length; all other bytes are the same.',
    remedy: 'Build with one version of the compiler: the base image by its digest; or: strip --remove-section=.comment',
    references: ['https://reproducible-builds.org/docs/definition-strategies/'],
    rule: { what: 'content', paths: ['**'], normalise: blankSections('.comment', ({ start, end }) => [start, end]) },
  },
  {
    id: 'elf-debug-link',
    title: 'A program or library belongs to another file of debugging information',
    class: 'review',
    where: 'ELF files, section .gnu_debuglink',
    shape: 'The checksum at the end of the section; its name and all other bytes are the same.',
    remedy: 'See to what differs in the debugging information: gcc -ffile-prefix-map=$PWD=.',
    references: ['https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html'],
    rule: {
      what: 'content',
      paths: ['**'],
      normalise: blankSections('.gnu_debuglink', ({ end }) => [end - CRC_BYTES, end]),
    },
  },
  {
    id: 'elf-build-path',
    title: 'Debugging information holds the folder of the build',
    class: 'review',
    where: 'ELF files, sections .debug_str, .debug_line_str, .debug_line and .debug_info',
    shape: 'What these sections hold, of the same length; all code, data and symbols are the same.',
    remedy:
      'Build in one folder, or: gcc -ffile-prefix-map=$PWD=. ; Go: -trimpath; Rust: --remap-path-prefix; or strip -g',
    references: [BUILD_PATH_PAGE, 'https://gcc.gnu.org/onlinedocs/gcc/Overall-Options.html'],
    rule: {
      what: 'content',
      paths: ['**'],
      normalise: blankSections(/^\.debug_(?:str|line_str|line|info)$/, ({ start, end }) => [start, end]),
    },
  },
  {
    id: 'elf-build-date',
    title: 'A program holds the date or time at which it was compiled',
    class: 'review',
    where: 'ELF files, section .rodata or .data',
    shape: 'Dates and times as __DATE__ and __TIME__ write them, of the same length; all other bytes are the same.',
    remedy:
      'Set SOURCE_DATE_EPOCH for the compiler (gcc 7, clang 16 or later), or leave out __DATE__: gcc -Werror=date-time',
    references: [
      'https://reproducible-builds.org/docs/source-date-epoch/',
      'https://gcc.gnu.org/onlinedocs/cpp/Environment-Variables.html',
    ],
    rule: {
      what: 'content',
      paths: ['**'],
      normalise: ({ content }) => {
        const sections = parseElf(content)?.sections.filter(({ name }) => /^\.(?:rodata|data)\b/.test(name));
        if (sections === undefined || sections.length === 0) return null;
        return blankMatches(
          content,
          [DATE_MACRO, TIME_MACRO],
          sections.map(({ start, end }) => [start, end] as const),
        );
      },
    },
  },
  {
    id: 'go-build-info',
    title: 'A Go program was built from another revision, or holds another build id',
    class: 'review',
    where: 'ELF files, section .note.go.buildid, and the settings vcs.revision and vcs.time',
    shape: 'The build id, the revision and its time; all other bytes are the same.',
    remedy: 'go build -trimpath -buildvcs=false -ldflags=-buildid=',
    references: ['https://pkg.go.dev/runtime/debug#BuildInfo', 'https://go.dev/blog/rebuild'],
    rule: {
      what: 'content',
      paths: ['**'],
      normalise: (file) => {
        const left = blankSections('.note.go.buildid', ({ start, end }) => [start + NOTE_HEADER, end])(file);
        if (left === null) return null;
        return blankMatches(left, GO_VCS);
      },
    },
  },
];

/*
 * Null for what has no such section, and where the headers of sections say so of bytes that are something else: programs
 * are run by other headers, and a section can be given any name and place.
 */
function blankSections(
  name: string | RegExp,
  spanOf: (section: ElfSection) => ByteSpan,
): (file: FileSide) => Uint8Array | null {
  return ({ content }) => {
    const elf = parseElf(content);
    if (elf === null) return null;
    const sections = elf.sections.filter((section) =>
      typeof name === 'string' ? section.name === name : name.test(section.name),
    );
    const spans = sections.map((section) => [section, spanOf(section)] as const);
    if (spans.length === 0 || spans.some(([{ start, end }, span]) => span[0] < start || span[1] > end)) return null;
    if (spans.some(([section]) => !isByItself(elf, section))) return null;
    return blank(
      content,
      spans.map(([, span]) => span),
    );
  };
}

/* Real notes of a build are shorter: an id of 8 to 32 bytes, or Go's of some 80. */
const NOTE_BYTES = 128;

/* Whether a section is not mapped into memory, or is a short note, and shares no byte with another one. */
function isByItself({ sections, loaded }: Elf, section: ElfSection): boolean {
  const isNote = section.name.startsWith('.note.') && section.end - section.start <= NOTE_BYTES;
  if (!isNote && loaded.some((range) => overlap(range, section))) return false;
  return sections.every((other) => other === section || !overlap(other, section));
}

function overlap(a: { start: number; end: number }, b: { start: number; end: number }): boolean {
  return a.start < b.end && b.start < a.end;
}
