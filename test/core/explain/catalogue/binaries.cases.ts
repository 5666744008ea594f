import type { CauseCases } from '../cause-case.js';
import { bytesLike, tool, written } from '../evidence.js';
import { elfFile, note } from './elf-file.js';

const library = (sections: Record<string, string | Buffer>): Buffer =>
  elfFile(new Map(Object.entries(sections).map(([name, content]) => [name, Buffer.from(content)])));

const goProgram = (id: string, revision: string, time: string, code = 'code'): Buffer =>
  library({
    '.text': code,
    '.note.go.buildid': note('Go', 4, Buffer.from(id)),
    '.go.buildinfo': `build\tvcs=git\nbuild\tvcs.revision=${revision}\nbuild\tvcs.time=${time}\nbuild\tvcs.modified=false\n`,
  });

export const BINARIES_CASES: readonly CauseCases[] = [
  {
    id: 'elf-build-id',
    takesOut: bytesLike(String.raw`(?<=GNU\0).{16}`),
    shows: [tool('elf-build-id', 'usr/lib/libv.so', 'gcc -Wl,--build-id=uuid, twice')],
    misses: [
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.note.gnu.build-id': note('GNU', 3, Buffer.alloc(20, 1)) }),
        library({ '.text': 'two', '.note.gnu.build-id': note('GNU', 3, Buffer.alloc(20, 2)) }),
        'other code beside another id',
      ),
    ],
  },
  {
    id: 'elf-comment',
    takesOut: /GCC: \d\d\.\d./gs,
    shows: [
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.comment': 'GCC: 12.2\0' }),
        library({ '.text': 'one', '.comment': 'GCC: 12.3\0' }),
        'a file by the ELF specification',
      ),
    ],
    misses: [
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.comment': 'GCC: 12.2\0' }),
        library({ '.text': 'two', '.comment': 'GCC: 12.3\0' }),
        'other code beside another compiler',
      ),
    ],
  },
  {
    id: 'elf-debug-link',
    takesOut: bytesLike(String.raw`(?<=libv\.debug\0\0).{4}`),
    shows: [tool('elf-debug-link', 'usr/lib/libv.so', 'objcopy --add-gnu-debuglink with two files')],
    misses: [
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.gnu_debuglink': 'a.debug\0AAAA' }),
        library({ '.text': 'one', '.gnu_debuglink': 'b.debug\0BBBB' }),
        'another name',
      ),
    ],
  },
  {
    id: 'elf-build-path',
    takesOut: 'whole',
    shows: [tool('elf-build-path', 'usr/lib/libv.so', 'gcc -g in two folders')],
    misses: [
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.debug_str': '/build-0/a.c\0' }),
        library({ '.text': 'two', '.debug_str': '/build-1/a.c\0' }),
        'other code beside another folder',
      ),
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.debug_str': '/build-0/a.c\0' }),
        library({ '.text': 'one', '.debug_str': '/build-10/a.c\0' }),
        'a folder with a longer name: all behind it moves',
      ),
    ],
  },
  {
    id: 'elf-build-date',
    takesOut: /[A-Z][a-z]{2} [ \d]\d \d{4}|\d\d:\d\d:\d\d/g,
    shows: [tool('elf-build-date', 'usr/lib/libw.so', 'gcc with __DATE__ and __TIME__ on two days')],
    misses: [
      written(
        'usr/lib/a.so',
        library({ '.text': 'one', '.rodata': 'Nov 23 2026\0limit 10' }),
        library({ '.text': 'one', '.rodata': 'Nov 24 2026\0limit 99' }),
        'other data beside another date',
      ),
      written(
        'usr/lib/a.so',
        library({ '.text': 'Nov 23 2026', '.rodata': 'a' }),
        library({ '.text': 'Nov 24 2026', '.rodata': 'a' }),
        'a date where code stands',
      ),
    ],
  },
  {
    id: 'go-build-info',
    takesOut: bytesLike(String.raw`(?<=Go\0\0).{8}|(?<=vcs\.revision=).{40}|(?<=vcs\.time=).{20}`),
    shows: [
      written(
        'usr/bin/app',
        goProgram('abcd/efg', 'a'.repeat(40), '2026-11-23T12:44:34Z'),
        goProgram('hijk/lmn', 'b'.repeat(40), '2026-11-24T13:50:41Z'),
        'a file by the ELF specification, with settings as cmd/go writes them',
      ),
    ],
    misses: [
      written(
        'usr/bin/app',
        goProgram('abcd/efg', 'a'.repeat(40), '2026-11-23T12:44:34Z'),
        goProgram('hijk/lmn', 'b'.repeat(40), '2026-11-24T13:50:41Z', 'evil'),
        'other code beside another revision',
      ),
    ],
  },
];
