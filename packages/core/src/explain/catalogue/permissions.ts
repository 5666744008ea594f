import type { Finding } from '../../compare/finding.js';
import type { Cause, FindingRule } from '../cause.js';
import type { EntryFields, Normaliser } from '../normaliser.js';
import { changedBits, headersOf } from './entries.js';

const CHMOD = 'https://docs.docker.com/reference/dockerfile/#copy---chown---chmod';
const CHMOD_REMEDY = 'COPY --chmod=0755 …, or chmod in the step that makes the file; the same umask for both builds.';
const OWNERS =
  'Give numbers: useradd --uid 1000, groupadd --gid 1000, COPY --chown=1000:1000; numbers that packages take depend on the order they are installed in.';
const OVERLAY = 'https://docs.kernel.org/filesystems/overlayfs.html';
const CAPABILITIES = 'https://man7.org/linux/man-pages/man7/capabilities.7.html';

/** Ids that user namespaces map to begin here in usual /etc/subuid files. */
const FIRST_SUBORDINATE_ID = 65_536;

/** Who may do what with a file. */
export const PERMISSIONS: readonly Cause[] = [
  {
    id: 'set-id-bits',
    title: 'Set-user-id, set-group-id or sticky bits differ',
    class: 'security',
    where: 'Modes of files and folders',
    shape: 'One of the bits 07000 differs, whatever else of the mode does. A set-group-id folder hands its bit on.',
    remedy: CHMOD_REMEDY,
    references: ['https://man7.org/linux/man-pages/man7/inode.7.html', CHMOD],
    rule: modeRule((bits) => (bits & 0o7000) !== 0),
  },
  {
    id: 'write-for-all',
    title: 'Everybody may write on one side',
    class: 'security',
    where: 'Modes of files and folders',
    shape: 'The bit 0002 differs.',
    remedy: CHMOD_REMEDY,
    references: ['https://man7.org/linux/man-pages/man7/inode.7.html', CHMOD],
    rule: modeRule((bits) => (bits & 0o002) !== 0),
  },
  {
    id: 'umask',
    title: 'Files were made with another umask',
    class: 'security',
    where: 'Modes of files and folders',
    shape:
      'Bits for group and others alone differ, and all that one side lacks: a umask of 022, 002, 027 or 077. git keeps only the executable bit, so a checkout has the umask of its user.',
    remedy: `${CHMOD_REMEDY} In a checkout: umask 022 before git clone, or a git context.`,
    references: ['https://github.com/moby/buildkit/issues/6801', CHMOD],
    rule: modeRule((bits, mode0, mode1) => {
      const [less, more] = [mode0 & mode1, mode0 | mode1];
      return (bits & ~0o077) === 0 && (mode0 === less || mode1 === less) && more !== less && isUmasked(more, less);
    }),
  },
  {
    id: 'executable-bits',
    title: 'A file may be executed on one side only',
    class: 'security',
    where: 'Modes of files',
    shape: 'Bits of 0111 alone differ.',
    remedy: CHMOD_REMEDY,
    references: [CHMOD, 'https://git-scm.com/docs/git-update-index#Documentation/git-update-index.txt---chmod-x'],
    rule: modeRule((bits) => (bits & ~0o111) === 0),
  },
  {
    id: 'permission-bits',
    title: 'Permissions differ',
    class: 'security',
    where: 'Modes of files and folders',
    shape: 'Bits of 0777 differ in a way that no other cause knows.',
    remedy: CHMOD_REMEDY,
    references: [CHMOD],
    rule: modeRule((bits) => (bits & 0o777) !== 0),
  },
  {
    id: 'host-ids',
    title: "Ids of the build machine's user namespace reached the image",
    class: 'security',
    where: 'Owners of files',
    shape: `One side has an id of ${FIRST_SUBORDINATE_ID} or more, the other a smaller one.`,
    remedy: 'Build with the same mapping (rootless or not), and COPY --chown; check /etc/subuid of the machine.',
    references: ['https://man7.org/linux/man-pages/man5/subuid.5.html'],
    rule: ownerRule((id0, id1) => id0 >= FIRST_SUBORDINATE_ID !== id1 >= FIRST_SUBORDINATE_ID),
  },
  {
    id: 'root-owner',
    title: 'A file belongs to root on one side only',
    class: 'security',
    where: 'Owners of files',
    shape: 'The id is 0 on one side.',
    remedy:
      'COPY --chown=0:0, or the owner that the file is to have; Buildah and a tar archive may keep the owner of the context.',
    references: [CHMOD],
    rule: ownerRule((id0, id1) => id0 === 0 || id1 === 0),
  },
  {
    id: 'assigned-ids',
    title: 'Users or groups were given other numbers',
    class: 'security',
    where: 'Owners of files',
    shape: 'Two ids, neither of them root.',
    remedy: OWNERS,
    references: ['https://man7.org/linux/man-pages/man8/useradd.8.html'],
    rule: ownerRule(() => true),
  },
  {
    id: 'capability-revision',
    title: 'The capabilities of a file are kept in another revision',
    class: 'security',
    where: 'security.capability',
    shape:
      'The same capabilities as 20 bytes (revision 2) and as 24 (revision 3, with the id of root in a user namespace).',
    remedy: 'Run setcap in the same kind of build on both sides: rootless builds write revision 3.',
    references: [CAPABILITIES],
    rule: xattrRule(/^security\.capability$/, ([value0, value1]) => {
      if (value0 === null || value1 === null || value0.length === value1.length) return false;
      const [bits0, bits1] = [capabilityBits(value0), capabilityBits(value1)];
      return bits0 !== null && bits0 === bits1;
    }),
  },
  {
    id: 'capability-lost',
    title: 'Only one side has the capabilities of a file',
    class: 'security',
    where: 'security.capability',
    shape: 'The attribute is absent on one side: rootless builds, COPY from another stage and some stores lose it.',
    remedy: 'RUN setcap … in the last stage, behind COPY; check with getcap -r / in the image.',
    references: [CAPABILITIES],
    rule: xattrRule(/^security\.capability$/, (values) => values.includes(null)),
  },
  {
    id: 'capability-changed',
    title: 'A file has other capabilities',
    class: 'security',
    where: 'security.capability',
    shape: 'Two values that grant other things.',
    remedy: 'RUN setcap … with the same list on both sides.',
    references: [CAPABILITIES],
    rule: xattrRule(/^security\.capability$/, () => true),
  },
  {
    id: 'access-control-list',
    title: 'Access control lists differ',
    class: 'security',
    where: 'system.posix_acl_access, system.posix_acl_default',
    shape: 'Two lists, or one and none.',
    remedy: 'RUN setfacl -b …; copy the context without lists: cp --no-preserve=xattr, setfacl -Rb on the checkout.',
    references: ['https://man7.org/linux/man-pages/man5/acl.5.html'],
    rule: xattrRule(/^system\.posix_acl_(?:access|default)$/, () => true),
  },
  {
    id: 'integrity-signature',
    title: 'Signatures for the integrity of files differ',
    class: 'security',
    where: 'security.ima, security.evm',
    shape: 'Two values, or one and none.',
    remedy: 'Sign in the last step of both builds, or keep the attributes of the build machine out.',
    references: ['https://ima-doc.readthedocs.io/'],
    rule: xattrRule(/^security\.(?:ima|evm)$/, () => true),
  },
  {
    id: 'selinux-label',
    title: 'SELinux labels of the build machine reached the image',
    class: 'review',
    where: 'security.selinux',
    shape: 'Two labels, or one and none. The engine labels files anew for each container.',
    remedy: 'Build with a builder that drops them (BuildKit, Buildah), tar --no-selinux for archives.',
    references: ['https://man7.org/linux/man-pages/man8/selinux.8.html'],
    rule: xattrRule(/^security\.selinux$/, () => true),
  },
  {
    id: 'overlay-attributes',
    title: "Marks of the build machine's overlay file system reached the image",
    class: 'review',
    where: 'user.overlay.*, trusted.overlay.*, user.fuseoverlayfs.*, user.containers.*',
    shape: 'Values on one side or both: opaque marks, origins, overridden modes.',
    remedy: 'Build with native overlay in place of fuse-overlayfs; never archive the upper folder of an overlay.',
    references: [OVERLAY],
    rule: xattrRule(/^(?:(?:user|trusted)\.overlay|user\.fuseoverlayfs|user\.containers)\./, () => true),
  },
  {
    id: 'apple-attributes',
    title: 'Attributes of macOS reached the image',
    class: 'review',
    where: 'com.apple.*',
    shape: 'Quarantine marks, Finder information and their like.',
    remedy: 'xattr -cr . before the build; COPYFILE_DISABLE=1 tar --no-mac-metadata --no-xattrs for archives.',
    references: ['https://ss64.com/mac/xattr.html'],
    rule: xattrRule(/^(?:user\.)?com\.apple\./, () => true),
  },
  {
    id: 'user-attributes',
    title: 'Attributes of files are kept by one builder and lost by the other',
    class: 'review',
    where: 'user.*',
    shape: 'One side has the attribute, the other not. Docker keeps none but security.capability.',
    remedy: 'Build both with the same builder; rely on no attribute in images.',
    references: ['https://man7.org/linux/man-pages/man7/xattr.7.html'],
    rule: xattrRule(/^user\./, (values) => values.includes(null)),
  },
];

function modeRule(covers: (bits: number, mode0: number, mode1: number) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects: ['file'],
    covers: (finding) => {
      const bits = changedBits(finding) & 0o7777;
      const [mode0, mode1] = finding.values.map((value) => Number.parseInt(String(value), 8) & 0o7777);
      /* Of another type of file the mode follows from the type. */
      const [header0, header1] = headersOf(finding);
      return bits !== 0 && header0?.type === header1?.type && covers(bits, mode0 ?? 0, mode1 ?? 0);
    },
    normaliser: field((entry) => {
      entry.mode = 0;
    }),
  };
}

/* Whether a usual umask makes `less` of `more`. */
function isUmasked(more: number, less: number): boolean {
  return [0o002, 0o022, 0o027, 0o077].some((umask) => (more & ~umask) === less);
}

function ownerRule(covers: (id0: number, id1: number) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects: ['file'],
    covers: ({ field: name, values: [id0, id1] }) =>
      (name === 'uid' || name === 'gid') && typeof id0 === 'number' && typeof id1 === 'number' && covers(id0, id1),
    normaliser: field((entry) => {
      entry.uid = 0;
      entry.gid = 0;
    }),
  };
}

type XattrValues = readonly [Buffer | null, Buffer | null];

function xattrRule(name: RegExp, covers: (values: XattrValues) => boolean): FindingRule {
  return {
    what: 'finding',
    subjects: ['file'],
    covers: (finding) => name.test(xattrOf(finding)) && covers(valuesOf(finding)),
    normaliser: field((entry) => {
      for (const key of [...entry.pax.keys()]) {
        if (key.startsWith(PAX_XATTR) && name.test(key.slice(PAX_XATTR.length))) entry.pax.delete(key);
      }
    }),
  };
}

/** Where PAX records keep extended attributes; tar/pax.ts. */
const PAX_XATTR = 'SCHILY.xattr.';

function xattrOf({ field: name }: Finding): string {
  return name.startsWith('xattrs/') ? name.slice('xattrs/'.length) : '';
}

function valuesOf({ values: [value0, value1] }: Finding): XattrValues {
  return [
    typeof value0 === 'string' ? Buffer.from(value0, 'base64') : null,
    typeof value1 === 'string' ? Buffer.from(value1, 'base64') : null,
  ];
}

/* What a `vfs_cap_data` of revision 2 or 3 grants, in hex; linux/capability.h. */
function capabilityBits(value: Buffer): string | null {
  if (value.length !== 20 && value.length !== 24) return null;
  const magic = value.readUInt32LE(0);
  const revision = magic >>> 24;
  if (revision !== (value.length === 20 ? 2 : 3)) return null;
  return `${magic & 0xff_ffff} ${value.toString('hex', 4, 20)}`;
}

function field(set: (entry: EntryFields) => void): Normaliser {
  return {
    entry: (entry) => {
      set(entry);
      return true;
    },
  };
}
