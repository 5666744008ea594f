import type { CauseCases } from '../cause-case.js';
import { bytesLike, tool, written } from '../evidence.js';

const zip = tool('zip-times', 'srv/a.zip', 'zip of files of two days');
const ar = tool('ar-times', 'usr/lib/libf.a', 'ar rcU on two days');
const tar = tool('tar-times', 'srv/a.tar', 'tar of files of two days');
const cpio = tool('cpio-times', 'boot/initrd.img', 'cpio -H newc of files of two days');
const gzip = tool('gzip-time', 'usr/share/doc/changelog.gz', 'gzip of a file of two days');

/** The case with another text in place of one on its second side. */
function with1(each: typeof zip, from: string, to: string, what: string): typeof zip {
  const [content0, content1] = each.contents.map((content) => Buffer.from(content).toString('latin1')) as [
    string,
    string,
  ];
  if (!content1.includes(from) || from.length !== to.length) throw new Error(`no ${from}`);
  const contents = [Buffer.from(content0, 'latin1'), Buffer.from(content1.replaceAll(from, to), 'latin1')] as const;
  return { ...each, origin: 'written', what, contents };
}

export const ARCHIVES_CASES: readonly CauseCases[] = [
  {
    id: 'gzip-time',
    takesOut: /(?<=^.{4}).{4}/gs,
    shows: [gzip],
    misses: [with1(gzip, 'changelog', 'changedlo', 'another name in the header')],
  },
  {
    id: 'gzip-encoder',
    takesOut: /(?<=^.{3}).{7}/gs,
    shows: [tool('gzip-encoder', 'usr/share/doc/changelog.gz', 'gzip -9 and gzip -1')],
    misses: [
      written(
        'a.gz',
        Buffer.from('1f8b0800000000000003', 'hex'),
        Buffer.from('1f8b0800000000000203', 'hex'),
        'cut off',
      ),
    ],
  },
  {
    id: 'zip-times',
    takesOut: bytesLike(
      String.raw`(?<=PK\x03\x04.{6}).{4}|(?<=PK\x01\x02.{8}).{4}|(?<=UT\x09\0.).{8}|(?<=UT\x05\0.).{4}`,
    ),
    shows: [zip, tool('jar-times', 'usr/share/java/a.jar', 'jar on two days')],
    misses: [
      with1(zip, 'three', 'threx', 'another name of a member'),
      with1(zip, 'two\n', 'twx\n', 'another content of a member'),
      tool('zip-order', 'srv/a.zip', 'another order'),
    ],
  },
  {
    id: 'zip-order',
    takesOut: /(?!)/g,
    shows: [tool('zip-order', 'srv/a.zip', 'zip with names in two orders')],
    misses: [with1(tool('zip-order', 'srv/a.zip', ''), 'three\n', 'threx\n', 'another content beside another order')],
  },
  {
    id: 'ar-times',
    takesOut: /[\d ]{24}(?=[\d ]{18}`\n)/g,
    shows: [ar],
    misses: [with1(ar, 'f.o/', 'g.o/', 'another name of a member'), with1(ar, '\x7fELF', '\x7fELG', 'another content')],
  },
  {
    id: 'tar-times',
    /* The checksum of a header follows, so that no byte alone may change. */
    takesOut: /(?!)/g,
    shows: [tar],
    misses: [with1(tar, 'two\n', 'twx\n', 'another content of a member')],
  },
  {
    id: 'cpio-times',
    takesOut: /(?<=070701)[0-9A-F]{8}|(?<=070701.{40})[0-9A-F]{8}|(?<=070701.{56})[0-9A-F]{16}/g,
    shows: [cpio],
    misses: [
      with1(cpio, 'two\n', 'twx\n', 'another content of a member'),
      with1(cpio, '000081A4', '000081ED', 'another mode'),
    ],
  },
];
