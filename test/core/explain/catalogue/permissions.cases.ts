import type { EntrySpec, ImageSpec } from '../../../support/images.js';
import type { CauseCases } from '../cause-case.js';
import { built, entries, fields, made, packed, written } from '../image-cases.js';

function modes(mode0: number, mode1: number): [ImageSpec, ImageSpec] {
  return fields({ mode: mode0 }, { mode: mode1 });
}

function xattr(name: string, value: string): Partial<EntrySpec> {
  return { pax: { [`SCHILY.xattr.${name}`]: value } };
}

/* `struct vfs_cap_data`, linux/capability.h: magic, permitted and inheritable bits, root id. */
const NET_ADMIN_2 = '\x00\x00\x00\x02\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00';
const NET_ADMIN_3 = `\x00\x00\x00\x03${NET_ADMIN_2.slice(4)}\x00\x00\x00\x00`;
const NET_RAW_2 = '\x00\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00';
const CAPABILITY = 'security.capability';

export const PERMISSIONS_CASES: readonly CauseCases[] = [
  {
    id: 'mount-points',
    shows: [
      written('a folder', entries(), entries({ path: 'proc', type: 'directory' })),
      written('an empty file', entries(), entries({ path: 'etc/resolv.conf' })),
      written('an empty file of Docker', entries(), entries({ path: '.dockerenv', mode: 0o755 })),
    ],
    misses: [
      written('a file with content', entries(), entries({ path: 'etc/hosts', content: '127.0.0.1 localhost\n' })),
      written('a file in place of the folder', entries(), entries({ path: 'proc' })),
    ],
  },
  {
    id: 'set-id-bits',
    shows: [
      written('set-user-id', ...modes(0o755, 0o4755)),
      written('set-group-id of a folder', ...modes(0o755, 0o2755)),
      made(
        'chmod 4755',
        packed('touch a; chmod 755 a', 'tar', '-cf', '-', '--mtime=@0', 'a'),
        packed('touch a; chmod 4755 a', 'tar', '-cf', '-', '--mtime=@0', 'a'),
      ),
    ],
    misses: [written('executable', ...modes(0o644, 0o755))],
  },
  {
    id: 'write-for-all',
    shows: [written('0644 and 0646', ...modes(0o644, 0o646))],
    misses: [
      written('group', ...modes(0o644, 0o664)),
      written(
        'a symbolic link in place of a file',
        entries({ path: 'a', mode: 0o644 }),
        entries({ path: 'a', type: 'symlink', linkTarget: 'b', mode: 0o777 }),
      ),
    ],
  },
  {
    id: 'umask',
    shows: [
      made(
        'umask 022 and 027',
        packed('umask 022; echo a >a', 'tar', '-cf', '-', '--mtime=@0', 'a'),
        packed('umask 027; echo a >a', 'tar', '-cf', '-', '--mtime=@0', 'a'),
      ),
      written('group may write', ...modes(0o664, 0o644)),
    ],
    misses: [written('the owner', ...modes(0o644, 0o444)), written('set-user-id beside it', ...modes(0o664, 0o4644))],
  },
  {
    id: 'executable-bits',
    shows: [written('0644 and 0744', ...modes(0o644, 0o744))],
    misses: [written('readable too', ...modes(0o600, 0o755))],
  },
  {
    id: 'permission-bits',
    shows: [written('0644 and 0444', ...modes(0o644, 0o444))],
    misses: [written('type bits', ...modes(0o644, 0o100644))],
  },
  {
    id: 'host-ids',
    shows: [written('an id of a user namespace', ...fields({ uid: 0 }, { uid: 100_000 }))],
    misses: [written('two such ids', ...fields({ uid: 100_001 }, { uid: 100_000 }))],
  },
  {
    id: 'root-owner',
    shows: [
      written('root and a user', ...fields({ uid: 0 }, { uid: 1000 })),
      made(
        'tar --owner',
        packed('touch a', 'tar', '-cf', '-', '--mtime=@0', '--owner=:0', '--group=:0', 'a'),
        packed('touch a', 'tar', '-cf', '-', '--mtime=@0', '--owner=:33', '--group=:0', 'a'),
      ),
    ],
    misses: [written('two users', ...fields({ uid: 998 }, { uid: 999 }))],
  },
  {
    id: 'assigned-ids',
    shows: [written('two users', ...fields({ uid: 998, gid: 998 }, { uid: 999, gid: 999 }))],
    misses: [written('root', ...fields({ uid: 0 }, { uid: 999 }))],
  },
  {
    id: 'capability-revision',
    shows: [written('revision 2 and 3', ...fields(xattr(CAPABILITY, NET_ADMIN_2), xattr(CAPABILITY, NET_ADMIN_3)))],
    misses: [written('another capability', ...fields(xattr(CAPABILITY, NET_RAW_2), xattr(CAPABILITY, NET_ADMIN_3)))],
  },
  {
    id: 'capability-lost',
    shows: [written('one side has it', ...fields(xattr(CAPABILITY, NET_ADMIN_2), {}))],
    misses: [written('both have one', ...fields(xattr(CAPABILITY, NET_ADMIN_2), xattr(CAPABILITY, NET_RAW_2)))],
  },
  {
    id: 'capability-changed',
    shows: [written('two lists', ...fields(xattr(CAPABILITY, NET_ADMIN_2), xattr(CAPABILITY, NET_RAW_2)))],
    misses: [written('another attribute', ...fields(xattr('security.other', 'a'), xattr('security.other', 'b')))],
  },
  {
    id: 'access-control-list',
    shows: [written('a list and none', ...fields(xattr('system.posix_acl_access', '\x02\x00\x00\x00'), {}))],
    misses: [written('another attribute', ...fields(xattr('system.posix_acl_other', '\x02'), {}))],
  },
  {
    id: 'integrity-signature',
    shows: [written('a signature and none', ...fields(xattr('security.ima', '\x03\x02'), {}))],
    misses: [written('another attribute', ...fields(xattr('security.imax', '\x03'), {}))],
  },
  {
    id: 'selinux-label',
    shows: [
      written(
        'two labels',
        ...fields(
          xattr('security.selinux', 'system_u:object_r:container_file_t:s0:c1,c2\0'),
          xattr('security.selinux', 'system_u:object_r:container_file_t:s0:c3,c4\0'),
        ),
      ),
    ],
    misses: [written('another attribute', ...fields(xattr('security.SMACK64', 'a'), {}))],
  },
  {
    id: 'overlay-attributes',
    shows: [written('an opaque mark', ...fields(xattr('user.overlay.opaque', 'y'), {}))],
    misses: [written('an attribute of somebody', ...fields(xattr('user.overlaid', 'y'), {}))],
  },
  {
    id: 'apple-attributes',
    shows: [written('quarantine', ...fields(xattr('com.apple.quarantine', '0081;00000000;Safari;'), {}))],
    misses: [written('an attribute of somebody', ...fields(xattr('com.applesauce', 'y'), {}))],
  },
  {
    id: 'user-attributes',
    shows: [built('Docker keeps none', 'own-rules-buildah-overlay.oci.tar', 'own-rules-buildkit-overlay.oci.tar')],
    misses: [written('two values', ...fields(xattr('user.color', 'blue'), xattr('user.color', 'red')))],
  },
];
