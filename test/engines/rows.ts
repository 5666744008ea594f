import type { EngineName } from '../support/engine-trees.js';
import type { EntrySpec } from '../support/images.js';

/*
 * Images for every rule of image-spec, layer.md, and for what it leaves open, with the file system that each gives. The
 * trees are read from the specification; what engines make of them was seen with umoci 0.4.7, Podman 4.3.1 (also
 * Buildah's storage), Docker Engine 20.10.24 and containerd 1.6.20. The plain engines (umoci, and `podman` and `docker`
 * with vfs) apply a layer to the folder of those below; with an overlay each layer has a folder of its own, and the
 * kernel puts them together.
 *
 * Where the specification is silent: markers are no files, but the folders they stand in are made; names are resolved
 * inside the root, and one that leaves it is refused (engines hold it at the root).
 */

/** A file system by path, each node in the notation of describe.ts. */
export type Described = Readonly<Record<string, string>>;

/** An image, and the file system that the changeset rules of image-spec (layer.md) make of it. */
export interface Row {
  readonly name: string;
  readonly layers: readonly (readonly EntrySpec[])[];
  /** By the specification; null where the image is to be refused. */
  readonly tree: Described | null;
  /** What engines make of it that do not make `tree` of it; null where they refuse it. */
  readonly differs?: readonly (readonly [engines: readonly EngineName[], tree: Described | null])[];
  /** It is about the root itself, names that leave it, or how names begin: not to be moved below a folder. */
  readonly ofRoot?: true;
}

/** What an engine makes of a row. */
export function outcomeFor(row: Row, engine: EngineName): Described | null {
  const differing = row.differs?.find(([engines]) => engines.includes(engine));
  return differing === undefined ? row.tree : differing[1];
}

type More = Omit<EntrySpec, 'path' | 'type' | 'content' | 'linkTarget'>;

const file = (path: string, content: string, more: More = {}): EntrySpec => ({ path, content, ...more });
const folder = (path: string, more: More = {}): EntrySpec => ({ path, type: 'directory', ...more });
const symlink = (path: string, linkTarget: string, more: More = {}): EntrySpec => ({
  path,
  type: 'symlink',
  linkTarget,
  mode: 0o777,
  ...more,
});
/* A hard link's header states the inode's attributes again: the usual ones of `file` unless told. */
const link = (path: string, linkTarget: string, more: More = {}): EntrySpec => ({
  path,
  type: 'link',
  linkTarget,
  ...more,
});
const gone = (path: string): EntrySpec => file(path, '', { mode: 0 });

const OPAQUE = '.wh..wh..opq';
const LOWER_FOLDER = [folder('d'), file('d/a', 'a'), file('d/b', 'b')];

export const ROWS: readonly Row[] = [
  /* Whiteouts. */
  {
    name: 'a whiteout removes a file',
    layers: [[file('a', 'a'), file('b', 'b')], [gone('.wh.a')]],
    tree: { b: "f 'b'" },
  },
  {
    name: 'a whiteout removes a folder and all below it',
    layers: [[...LOWER_FOLDER, folder('d/e'), file('d/e/f', 'f')], [gone('.wh.d')]],
    tree: {},
  },
  {
    name: 'a whiteout removes a symbolic link, not what it names',
    layers: [[...LOWER_FOLDER, symlink('s', 'd')], [gone('.wh.s')]],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'" },
  },
  {
    name: 'a whiteout of nothing',
    layers: [[folder('d')], [gone('.wh.x'), gone('d/.wh.y')]],
    tree: { d: 'd' },
  },
  {
    name: 'a whiteout in a folder that is not there',
    layers: [[file('a', 'a')], [gone('n/m/.wh.x')]],
    tree: { a: "f 'a'", n: 'd', 'n/m': 'd' },
    differs: [
      [['umoci'], { a: "f 'a'" }],
      [['docker'], { a: "f 'a'", n: 'd 0600', 'n/m': 'd 0600' }],
    ],
  },
  {
    name: 'a whiteout that is a folder',
    layers: [[file('a', 'a'), file('b', 'b')], [folder('.wh.a')]],
    tree: { b: "f 'b'" },
  },
  {
    name: 'a whiteout of two layers below',
    layers: [[...LOWER_FOLDER], [file('d/c', 'c')], [gone('d/.wh.a'), gone('d/.wh.c')]],
    tree: { d: 'd', 'd/b': "f 'b'" },
  },
  {
    name: 'a whiteout, and the name again above it',
    layers: [[...LOWER_FOLDER], [gone('.wh.d')], [file('d/c', 'c')]],
    tree: { d: 'd', 'd/c': "f 'c'" },
    differs: [[['docker'], { d: 'd 0600', 'd/c': "f 'c'" }]],
  },
  {
    name: 'a whiteout before the same name',
    layers: [[file('x', 'old', { mode: 0o600 })], [gone('.wh.x'), file('x', 'new')]],
    tree: { x: "f 'new'" },
  },
  {
    name: 'a whiteout after the same name',
    layers: [[file('x', 'old')], [file('x', 'new'), gone('.wh.x')]],
    tree: { x: "f 'new'" },
    differs: [
      [['podman', 'docker'], {}],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
    ],
  },
  {
    name: 'a whiteout after a name that no lower layer has',
    layers: [[file('k', 'k')], [file('x', 'new'), gone('.wh.x')]],
    tree: { k: "f 'k'", x: "f 'new'" },
    differs: [
      [['podman', 'docker'], { k: "f 'k'" }],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
    ],
  },
  {
    name: 'a whiteout before a folder of the same name, with children below',
    layers: [LOWER_FOLDER, [gone('.wh.d'), folder('d', { mode: 0o700 }), file('d/c', 'c')]],
    tree: { d: 'd 0700', 'd/c': "f 'c'" },
    differs: [
      [
        ['podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { d: 'd 0700', 'd/a': "f 'a'", 'd/b': "f 'b'", 'd/c': "f 'c'" },
      ],
    ],
  },
  {
    name: 'a whiteout after a folder of the same name, with children below',
    layers: [LOWER_FOLDER, [folder('d', { mode: 0o700 }), file('d/c', 'c'), gone('.wh.d')]],
    tree: { d: 'd 0700', 'd/c': "f 'c'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay', 'containerd-overlay'], null]],
  },
  {
    name: 'a whiteout before a child of the name, without an entry for the folder',
    layers: [LOWER_FOLDER, [gone('.wh.d'), file('d/c', 'c')]],
    tree: { d: 'd', 'd/c': "f 'c'" },
    differs: [
      [['docker'], { d: 'd 0600', 'd/c': "f 'c'" }],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
    ],
  },
  {
    name: 'a whiteout after a child of the name, without an entry for the folder',
    layers: [LOWER_FOLDER, [file('d/c', 'c'), gone('.wh.d')]],
    tree: { d: 'd', 'd/c': "f 'c'" },
    differs: [
      [['podman', 'docker'], {}],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
    ],
  },
  {
    name: 'a whiteout below a symbolic link of a lower layer',
    layers: [[...LOWER_FOLDER, symlink('s', 'd')], [gone('s/.wh.a')]],
    tree: { d: 'd', 'd/b': "f 'b'", s: 'l -> d' },
    differs: [
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", s: 'd' }],
    ],
  },
  {
    name: 'a whiteout below a symbolic link of the same layer',
    layers: [LOWER_FOLDER, [symlink('s', 'd'), gone('s/.wh.a')]],
    tree: { d: 'd', 'd/b': "f 'b'", s: 'l -> d' },
    differs: [[['podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a whiteout in a folder that the same layer puts in place of a file',
    layers: [[file('x', 'x')], [folder('x'), gone('x/.wh.a'), file('x/b', 'b')]],
    tree: { x: 'd', 'x/b': "f 'b'" },
  },
  {
    name: 'a whiteout in a folder for which the same layer has a whiteout',
    layers: [LOWER_FOLDER, [gone('.wh.d'), gone('d/.wh.a')]],
    tree: { d: 'd' },
    differs: [
      [['umoci', 'podman-overlay'], {}],
      [['docker'], { d: 'd 0600' }],
      [['docker-overlay', 'containerd-overlay'], null],
    ],
  },
  {
    name: 'a whiteout below a file of a lower layer',
    layers: [[file('x', 'x')], [gone('x/.wh.a')]],
    tree: { x: "f 'x'" },
    differs: [
      [['podman', 'docker'], null],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], { x: 'd' }],
    ],
  },

  /* Opaque whiteouts. */
  {
    name: 'an opaque whiteout removes all children of lower layers, before children of its own',
    layers: [LOWER_FOLDER, [folder('d', { mode: 0o700 }), gone(`d/${OPAQUE}`), file('d/c', 'c')]],
    tree: { d: 'd 0700', 'd/c': "f 'c'" },
  },
  {
    name: 'an opaque whiteout after children of its own',
    layers: [LOWER_FOLDER, [folder('d', { mode: 0o700 }), file('d/c', 'c'), gone(`d/${OPAQUE}`)]],
    tree: { d: 'd 0700', 'd/c': "f 'c'" },
  },
  {
    name: 'an opaque whiteout in a folder without an entry',
    layers: [
      [folder('d', { mode: 0o700, uid: 3 }), file('d/a', 'a')],
      [gone(`d/${OPAQUE}`), file('d/c', 'c')],
    ],
    tree: { d: 'd 0700 3:0', 'd/c': "f 'c'" },
    differs: [[['podman-overlay', 'docker-overlay'], { d: 'd', 'd/c': "f 'c'" }]],
  },
  {
    name: 'an opaque whiteout in a folder without an entry, after children of its own',
    layers: [
      [folder('d', { mode: 0o700, uid: 3 }), file('d/a', 'a')],
      [file('d/c', 'c'), gone(`d/${OPAQUE}`)],
    ],
    tree: { d: 'd 0700 3:0', 'd/c': "f 'c'" },
    differs: [[['podman-overlay', 'docker-overlay'], { d: 'd', 'd/c': "f 'c'" }]],
  },
  {
    name: 'an opaque whiteout after a grandchild whose folder has an entry',
    layers: [LOWER_FOLDER, [folder('d'), folder('d/s'), file('d/s/f', 'f'), gone(`d/${OPAQUE}`)]],
    tree: { d: 'd', 'd/s': 'd', 'd/s/f': "f 'f'" },
  },
  {
    name: 'an opaque whiteout after a grandchild whose folder has no entry and is not there below',
    layers: [LOWER_FOLDER, [folder('d'), file('d/s/f', 'f'), gone(`d/${OPAQUE}`)]],
    tree: { d: 'd', 'd/s': 'd', 'd/s/f': "f 'f'" },
    differs: [[['podman', 'docker'], { d: 'd' }]],
  },
  {
    name: 'an opaque whiteout after a grandchild whose folder has no entry and is there below',
    layers: [
      [folder('d'), folder('d/s', { mode: 0o700 }), file('d/s/old', 'old')],
      [folder('d'), file('d/s/f', 'f'), gone(`d/${OPAQUE}`)],
    ],
    tree: { d: 'd', 'd/s': 'd', 'd/s/f': "f 'f'" },
    differs: [
      [['umoci', 'containerd-overlay'], { d: 'd', 'd/s': 'd 0700', 'd/s/f': "f 'f'" }],
      [['podman', 'docker'], { d: 'd' }],
    ],
  },
  {
    name: 'an opaque whiteout before a grandchild whose folder has no entry and is there below',
    layers: [
      [folder('d'), folder('d/s', { mode: 0o700 }), file('d/s/old', 'old')],
      [folder('d'), gone(`d/${OPAQUE}`), file('d/s/f', 'f')],
    ],
    tree: { d: 'd', 'd/s': 'd', 'd/s/f': "f 'f'" },
    differs: [
      [['docker'], { d: 'd', 'd/s': 'd 0600', 'd/s/f': "f 'f'" }],
      [['containerd-overlay'], { d: 'd', 'd/s': 'd 0700', 'd/s/f': "f 'f'" }],
    ],
  },
  {
    name: 'an opaque whiteout in a folder that is not there',
    layers: [[file('a', 'a')], [gone(`n/${OPAQUE}`)]],
    tree: { a: "f 'a'", n: 'd' },
    differs: [
      [['umoci'], { a: "f 'a'" }],
      [['docker'], { a: "f 'a'", n: 'd 0600' }],
    ],
  },
  {
    name: 'an opaque whiteout below a symbolic link of a lower layer',
    layers: [[...LOWER_FOLDER, symlink('s', 'd')], [gone(`s/${OPAQUE}`)]],
    tree: { d: 'd', s: 'l -> d' },
    differs: [
      [['podman', 'docker'], { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", s: 'l -> d' }],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", s: 'd' }],
    ],
  },
  {
    name: 'an opaque whiteout below a file of a lower layer',
    layers: [[file('x', 'x')], [gone(`x/${OPAQUE}`)]],
    tree: { x: "f 'x'" },
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], { x: 'd' }]],
  },
  {
    name: 'an opaque whiteout in a folder that replaces a file',
    layers: [[file('x', 'x')], [folder('x'), gone(`x/${OPAQUE}`), file('x/b', 'b')]],
    tree: { x: 'd', 'x/b': "f 'b'" },
  },
  {
    name: 'an opaque whiteout removes the target of a link, the link stays',
    layers: [[folder('d'), file('d/a', 'a'), link('h', 'd/a')], [gone(`d/${OPAQUE}`)]],
    tree: { d: 'd', h: "f 'a'" },
  },
  {
    name: 'two opaque whiteouts of one folder',
    layers: [LOWER_FOLDER, [folder('d'), gone(`d/${OPAQUE}`), file('d/c', 'c'), gone(`d/${OPAQUE}`)]],
    tree: { d: 'd', 'd/c': "f 'c'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'an opaque whiteout of the root',
    layers: [LOWER_FOLDER, [gone(OPAQUE), file('n', 'n')]],
    tree: { n: "f 'n'" },
    ofRoot: true,
    differs: [
      [
        ['podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", n: "f 'n'" },
      ],
    ],
  },

  /* What is no whiteout. */
  {
    name: 'AUFS leftovers',
    layers: [
      [file('a', 'a')],
      [
        folder('.wh..wh.plnk', { mode: 0o700 }),
        file('.wh..wh.plnk/71.1', 'one'),
        link('h', '.wh..wh.plnk/71.1'),
        folder('.wh..wh.orph', { mode: 0o700 }),
        gone('.wh..wh.aufs'),
        file('b', 'b'),
      ],
    ],
    tree: { a: "f 'a'", b: "f 'b'", h: "f 'one'" },
    ofRoot: true,
    differs: [
      [
        ['umoci', 'podman-overlay', 'docker-overlay', 'containerd-overlay'],
        {
          '.wh..wh.plnk': 'd',
          '.wh..wh.plnk/71.1': "f 'one' [.wh..wh.plnk/71.1 h]",
          a: "f 'a'",
          b: "f 'b'",
          h: "f 'one' [.wh..wh.plnk/71.1 h]",
        },
      ],
      [['podman'], { '.wh..wh.plnk': 'd', a: "f 'a'", b: "f 'b'", h: "f 'one'" }],
      [['docker'], { '.wh..wh.plnk': 'd 0600', a: "f 'a'", b: "f 'b'", h: "f 'one'" }],
    ],
  },
  {
    name: 'AUFS leftovers without a link',
    layers: [
      [file('a', 'a')],
      [folder('.wh..wh.plnk', { mode: 0o700 }), folder('.wh..wh.orph', { mode: 0o700 }), gone('.wh..wh.aufs')],
    ],
    tree: { a: "f 'a'" },
  },
  {
    name: 'a marker with another name of AUFS',
    layers: [LOWER_FOLDER, [gone('d/.wh..wh.foo'), file('d/c', 'c')]],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", 'd/c': "f 'c'" },
  },
  {
    name: 'a marker that names nothing: .wh.',
    layers: [LOWER_FOLDER, [gone('d/.wh.')]],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'" },
    differs: [
      [['umoci', 'podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
      [['podman', 'docker'], {}],
    ],
  },
  {
    name: 'a marker that names the folder: .wh..',
    layers: [LOWER_FOLDER, [gone('d/.wh..')]],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'" },
    differs: [
      [['umoci', 'podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
      [['podman', 'docker'], {}],
    ],
  },
  {
    name: 'a marker that names the folder above: .wh...',
    layers: [
      [folder('u'), ...LOWER_FOLDER.map((entry) => ({ ...entry, path: `u/${entry.path}` }))],
      [gone('u/d/.wh...')],
    ],
    tree: { u: 'd', 'u/d': 'd', 'u/d/a': "f 'a'", 'u/d/b': "f 'b'" },
    differs: [
      [['umoci', 'podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
      [['podman', 'docker'], {}],
    ],
  },
  {
    name: 'a marker short of a prefix: .wh..opq removes .opq',
    layers: [[...LOWER_FOLDER, file('d/.opq', 'o')], [gone('d/.wh..opq')]],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'" },
  },
  {
    name: 'a whiteout of a name that is itself a whiteout: .wh..wh.a',
    layers: [[file('a', 'a')], [gone('.wh..wh.a')]],
    tree: { a: "f 'a'" },
  },
  {
    name: 'a whiteout with content',
    layers: [[file('a', 'a'), file('b', 'b')], [file('.wh.a', 'content')]],
    tree: { b: "f 'b'" },
  },
  {
    name: 'a whiteout in the lowest layer',
    layers: [[file('b', 'b'), gone('.wh.a')]],
    tree: { b: "f 'b'" },
  },
  {
    name: 'below a folder with the name of a whiteout',
    layers: [LOWER_FOLDER, [folder('.wh.d'), file('.wh.d/c', 'c')]],
    tree: { '.wh.d': 'd', '.wh.d/c': "f 'c'" },
    differs: [[['docker'], { '.wh.d': 'd 0600', '.wh.d/c': "f 'c'" }]],
  },

  /* One thing in another's place. */
  {
    name: 'a file over a file, other attributes and no xattrs',
    layers: [
      [file('a', 'one', { mode: 0o4755, uid: 1, gid: 2, pax: { 'SCHILY.xattr.user.x': 'one' } })],
      [file('a', 'two', { mode: 0o600 })],
    ],
    tree: { a: "f 0600 'two'" },
  },
  {
    name: 'a file replaces a folder and its children',
    layers: [LOWER_FOLDER, [file('d', 'file')]],
    tree: { d: "f 'file'" },
  },
  {
    name: 'a symbolic link replaces a folder and its children',
    layers: [[...LOWER_FOLDER, folder('e')], [symlink('d', 'e')]],
    tree: { d: 'l -> e', e: 'd' },
  },
  {
    name: 'a folder replaces a file',
    layers: [[file('x', 'x')], [folder('x'), file('x/a', 'a')]],
    tree: { x: 'd', 'x/a': "f 'a'" },
  },
  {
    name: 'a folder over a folder takes the new attributes and keeps the children',
    layers: [
      [folder('d', { mode: 0o700, uid: 1, gid: 2 }), file('d/a', 'a')],
      [folder('d', { mode: 0o1777, uid: 3, gid: 4 })],
    ],
    tree: { d: 'd 1777 3:4', 'd/a': "f 'a'" },
  },
  {
    name: 'a folder over a folder with xattrs that states none',
    layers: [[folder('d', { pax: { 'SCHILY.xattr.user.x': 'one' } }), file('d/a', 'a')], [folder('d')]],
    tree: { d: 'd', 'd/a': "f 'a'" },
    differs: [[['podman'], { d: 'd user.x=6f6e65', 'd/a': "f 'a'" }]],
  },
  {
    name: 'a folder over a folder with xattrs that states another',
    layers: [
      [folder('d', { pax: { 'SCHILY.xattr.user.x': 'one', 'SCHILY.xattr.user.y': 'two' } })],
      [folder('d', { pax: { 'SCHILY.xattr.user.y': 'three' } })],
    ],
    tree: { d: 'd user.y=7468726565' },
    differs: [
      [['podman'], { d: 'd user.x=6f6e65 user.y=7468726565' }],
      [['docker', 'docker-overlay'], { d: 'd' }],
    ],
  },
  {
    name: 'a folder entry over a symbolic link to a folder, of a lower layer',
    layers: [
      [...LOWER_FOLDER, symlink('s', 'd')],
      [folder('s', { mode: 0o700 }), file('s/c', 'c')],
    ],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", s: 'd 0700', 's/c': "f 'c'" },
  },
  {
    name: 'a folder entry over a symbolic link to a folder, of the same layer',
    layers: [[...LOWER_FOLDER, symlink('s', 'd'), folder('s', { mode: 0o700 }), file('s/c', 'c')]],
    tree: { d: 'd', 'd/a': "f 'a'", 'd/b': "f 'b'", s: 'd 0700', 's/c': "f 'c'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a file over a symbolic link leaves the target',
    layers: [[file('a', 'a'), symlink('s', 'a')], [file('s', 'new')]],
    tree: { a: "f 'a'", s: "f 'new'" },
  },
  {
    name: 'a fifo, a device, a symbolic link, each over a file',
    layers: [
      [file('c', 'c'), file('p', 'p'), file('s', 's')],
      [
        { path: 'c', type: 'character-device', device: [1, 3], mode: 0o666 },
        { path: 'p', type: 'fifo' },
        symlink('s', 'c'),
      ],
    ],
    tree: { c: 'c 0666 1:3', p: 'p', s: 'l -> c' },
  },
  {
    name: 'a file over one of two hard links leaves the other',
    layers: [[file('a', 'one'), link('h', 'a')], [file('a', 'two')]],
    tree: { a: "f 'two'", h: "f 'one'" },
  },
  {
    name: 'a file over one of two hard links in one layer',
    layers: [[file('a', 'one'), link('h', 'a'), file('a', 'two')]],
    tree: { a: "f 'two'", h: "f 'one'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },

  /* Twice in one layer. */
  {
    name: 'the last of duplicate files',
    layers: [[file('a', 'one', { mode: 0o600 }), file('a', 'two', { mode: 0o640, uid: 1 })]],
    tree: { a: "f 0640 1:0 'two'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'the last of duplicate files over a lower layer',
    layers: [[file('a', 'zero')], [file('a', 'one'), file('a', 'two')]],
    tree: { a: "f 'two'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a file and then a folder in one layer',
    layers: [[file('a', 'one'), folder('a'), file('a/b', 'b')]],
    tree: { a: 'd', 'a/b': "f 'b'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a folder with children and then a file in one layer',
    layers: [[...LOWER_FOLDER, file('d', 'file')]],
    tree: { d: "f 'file'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a folder twice in one layer, with children between',
    layers: [[folder('d', { mode: 0o700 }), file('d/a', 'a'), folder('d', { mode: 0o750, gid: 9 })]],
    tree: { d: 'd 0750 0:9', 'd/a': "f 'a'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a folder after its children',
    layers: [[file('d/a', 'a'), folder('d', { mode: 0o700, uid: 5 })]],
    tree: { d: 'd 0700 5:0', 'd/a': "f 'a'" },
  },
  {
    name: 'duplicates by another spelling of the name',
    layers: [[folder('d'), file('./d/a', 'one'), file('/d//a', 'two')]],
    tree: { d: 'd', 'd/a': "f 'two'" },
    ofRoot: true,
  },

  /* Hard links. */
  {
    name: 'hard links in one layer, a chain of them, and from another folder',
    layers: [[folder('d'), file('d/a', 'one'), link('b', 'd/a'), link('d/c', 'b')]],
    tree: { d: 'd', b: "f 'one' [b d/a d/c]", 'd/a': "f 'one' [b d/a d/c]", 'd/c': "f 'one' [b d/a d/c]" },
  },
  {
    name: 'a hard link before its target',
    layers: [[link('h', 'a'), file('a', 'one')]],
    tree: null,
  },
  {
    name: 'a hard link to a later duplicate of its target',
    layers: [[file('a', 'one'), file('a', 'two'), link('h', 'a')]],
    tree: { a: "f 'two' [a h]", h: "f 'two' [a h]" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a hard link whose own header has another mode and owner',
    layers: [[file('a', 'one'), link('h', 'a', { mode: 0o640, uid: 7, gid: 8 })]],
    tree: { a: "f 0640 7:8 'one' [a h]", h: "f 0640 7:8 'one' [a h]" },
    differs: [[['umoci'], { a: "f 'one' [a h]", h: "f 'one' [a h]" }]],
  },
  {
    name: 'a hard link whose own header has another time',
    layers: [[file('a', 'one', { mtime: 1000 }), link('h', 'a', { mtime: 2000 })]],
    tree: { a: "f 'one' [a h] @2000", h: "f 'one' [a h] @2000" },
    differs: [[['umoci'], { a: "f 'one' [a h] @1000", h: "f 'one' [a h] @1000" }]],
  },
  {
    name: 'a hard link whose own header has xattrs',
    layers: [[file('a', 'one'), link('h', 'a', { pax: { 'SCHILY.xattr.user.x': 'one' } })]],
    tree: { a: "f 'one' [a h] user.x=6f6e65", h: "f 'one' [a h] user.x=6f6e65" },
    differs: [[['umoci', 'docker', 'docker-overlay'], { a: "f 'one' [a h]", h: "f 'one' [a h]" }]],
  },
  {
    name: 'a hard link whose own header lacks the xattrs of the file',
    layers: [[file('a', 'one', { pax: { 'SCHILY.xattr.user.x': 'one' } }), link('h', 'a')]],
    tree: { a: "f 'one' [a h] user.x=6f6e65", h: "f 'one' [a h] user.x=6f6e65" },
    differs: [[['docker', 'docker-overlay'], { a: "f 'one' [a h]", h: "f 'one' [a h]" }]],
  },
  {
    name: 'a hard link with a set-id bit and an owner of its own',
    layers: [[file('a', 'one', { mode: 0o4755 }), link('h', 'a', { mode: 0o4755, uid: 7 })]],
    tree: { a: "f 4755 7:0 'one' [a h]", h: "f 4755 7:0 'one' [a h]" },
    differs: [[['umoci'], { a: "f 4755 'one' [a h]", h: "f 4755 'one' [a h]" }]],
  },
  {
    name: 'two hard links with headers of their own: the last is applied',
    layers: [[file('a', 'one'), link('h', 'a', { mode: 0o600 }), link('i', 'a', { mode: 0o640 })]],
    tree: { a: "f 0640 'one' [a h i]", h: "f 0640 'one' [a h i]", i: "f 0640 'one' [a h i]" },
    differs: [[['umoci'], { a: "f 'one' [a h i]", h: "f 'one' [a h i]", i: "f 'one' [a h i]" }]],
  },
  {
    name: 'a hard link to a file of a lower layer',
    layers: [[folder('d'), file('d/a', 'one')], [link('h', 'd/a')]],
    tree: { d: 'd', 'd/a': "f 'one' [d/a h]", h: "f 'one' [d/a h]" },
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], null]],
  },
  {
    name: 'a hard link to a file of a lower layer, with attributes of its own',
    layers: [[file('a', 'one')], [link('h', 'a', { mode: 0o600, uid: 7 })]],
    tree: { a: "f 0600 7:0 'one' [a h]", h: "f 0600 7:0 'one' [a h]" },
    differs: [
      [['umoci'], { a: "f 'one' [a h]", h: "f 'one' [a h]" }],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
    ],
  },
  {
    name: 'a hard link to a file of a lower layer that the layer states again',
    layers: [[file('a', 'one')], [file('a', 'one'), link('h', 'a')]],
    tree: { a: "f 'one' [a h]", h: "f 'one' [a h]" },
  },
  {
    name: 'a hard link to a file of a lower layer that the layer removes before',
    layers: [[file('a', 'one')], [gone('.wh.a'), link('h', 'a')]],
    tree: null,
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], {}]],
  },
  {
    name: 'a hard link to a file of a lower layer that the layer removes after',
    layers: [[file('a', 'one')], [link('h', 'a'), gone('.wh.a')]],
    tree: { h: "f 'one'" },
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], null]],
  },
  {
    name: 'a hard link whose target a later layer removes',
    layers: [[file('a', 'one'), link('h', 'a')], [gone('.wh.a')]],
    tree: { h: "f 'one'" },
  },
  {
    name: 'a hard link restated as a file above is another inode',
    layers: [[file('a', 'one'), link('h', 'a')], [file('h', 'one')]],
    tree: { a: "f 'one'", h: "f 'one'" },
  },
  {
    name: 'a pair of hard links restated above',
    layers: [
      [file('a', 'one'), link('h', 'a')],
      [file('h', 'two'), link('a', 'h')],
    ],
    tree: { a: "f 'two' [a h]", h: "f 'two' [a h]" },
  },
  {
    name: 'a hard link replaces a file',
    layers: [
      [file('a', 'one'), file('h', 'old')],
      [file('a', 'two'), link('h', 'a')],
    ],
    tree: { a: "f 'two' [a h]", h: "f 'two' [a h]" },
  },
  {
    name: 'a hard link replaces a folder and its children',
    layers: [
      [file('a', 'one'), ...LOWER_FOLDER.slice(0, 2)],
      [file('a', 'two'), link('d', 'a')],
    ],
    tree: { a: "f 'two' [a d]", d: "f 'two' [a d]" },
  },
  {
    name: 'a hard link to nothing',
    layers: [[link('h', 'nothing')]],
    tree: null,
  },
  {
    name: 'a hard link to itself',
    layers: [[file('a', 'one'), link('a', 'a')]],
    tree: null,
  },
  {
    name: 'a hard link to a folder',
    layers: [[folder('d'), link('h', 'd')]],
    tree: null,
  },
  {
    name: 'a hard link to a symbolic link',
    layers: [[file('a', 'one'), symlink('s', 'a'), link('h', 's', { mode: 0o777 })]],
    tree: { a: "f 'one'", s: 'l -> a [h s]', h: 'l -> a [h s]' },
    differs: [[['podman', 'docker'], { a: "f 'one'", h: 'l -> a', s: 'l -> a' }]],
  },
  {
    name: 'a hard link to a symbolic link, with a mode of its own',
    layers: [[file('a', 'one'), symlink('s', 'a'), link('h', 's', { mode: 0o600, uid: 7 })]],
    tree: { a: "f 'one'", s: 'l 7:0 -> a [h s]', h: 'l 7:0 -> a [h s]' },
    differs: [
      [['umoci'], { a: "f 'one'", h: 'l -> a [h s]', s: 'l -> a [h s]' }],
      [['podman', 'docker'], { a: "f 'one'", h: 'l 7:0 -> a', s: 'l 7:0 -> a' }],
    ],
  },
  {
    name: 'a hard link to a fifo',
    layers: [[{ path: 'p', type: 'fifo' }, link('h', 'p')]],
    tree: { p: 'p [h p]', h: 'p [h p]' },
    differs: [[['podman', 'docker'], { h: 'p', p: 'p' }]],
  },
  {
    name: 'the target of a hard link with another spelling',
    layers: [[folder('d'), file('d/a', 'one'), link('h', './d//a'), link('i', '/d/a')]],
    tree: { d: 'd', 'd/a': "f 'one' [d/a h i]", h: "f 'one' [d/a h i]", i: "f 'one' [d/a h i]" },
  },
  {
    name: 'the target of a hard link below a symbolic link of the same layer',
    layers: [[folder('d'), file('d/a', 'one'), symlink('s', 'd'), link('h', 's/a')]],
    tree: { d: 'd', 'd/a': "f 'one' [d/a h]", h: "f 'one' [d/a h]", s: 'l -> d' },
  },
  {
    name: 'the target of a hard link below a symbolic link of a lower layer',
    layers: [
      [folder('d'), symlink('s', 'd')],
      [folder('d'), file('d/a', 'one'), link('h', 's/a')],
    ],
    tree: { d: 'd', 'd/a': "f 'one' [d/a h]", h: "f 'one' [d/a h]", s: 'l -> d' },
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], null]],
  },
  {
    name: 'the target of a hard link has `..` that stays inside',
    layers: [[folder('d'), file('a', 'one'), link('h', 'd/../a')]],
    tree: { d: 'd', a: "f 'one' [a h]", h: "f 'one' [a h]" },
  },
  {
    name: 'the target of a hard link leaves the root',
    layers: [[file('a', 'one'), link('h', '../a')]],
    tree: null,
    ofRoot: true,
    differs: [
      [
        ['umoci', 'podman', 'docker', 'podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { a: "f 'one' [a h]", h: "f 'one' [a h]" },
      ],
    ],
  },

  /* Parents. */
  {
    name: 'missing parents',
    layers: [[file('a/b/c', 'c', { uid: 5, gid: 6 })]],
    tree: { a: 'd', 'a/b': 'd', 'a/b/c': "f 5:6 'c'" },
    differs: [[['docker'], { a: 'd 0600', 'a/b': 'd 0600', 'a/b/c': "f 5:6 'c'" }]],
  },
  {
    name: 'a parent without an entry is the folder of the lower layer',
    layers: [[folder('d', { mode: 0o1770, uid: 1, gid: 2 })], [file('d/a', 'a')]],
    tree: { d: 'd 1770 1:2', 'd/a': "f 'a'" },
    differs: [[['podman-overlay', 'docker-overlay'], { d: 'd', 'd/a': "f 'a'" }]],
  },
  {
    name: 'a symbolic-link parent of the same layer, relative',
    layers: [[folder('usr'), folder('usr/bin'), symlink('bin', 'usr/bin'), file('bin/x', 'x')]],
    tree: { bin: 'l -> usr/bin', usr: 'd', 'usr/bin': 'd', 'usr/bin/x': "f 'x'" },
  },
  {
    name: 'a symbolic-link parent of the same layer, absolute',
    layers: [[folder('usr'), folder('usr/bin'), symlink('bin', '/usr/bin'), file('bin/x', 'x')]],
    tree: { bin: 'l -> /usr/bin', usr: 'd', 'usr/bin': 'd', 'usr/bin/x': "f 'x'" },
    ofRoot: true,
  },
  {
    name: 'a symbolic-link parent of a lower layer, relative',
    layers: [[folder('usr'), folder('usr/bin'), symlink('bin', 'usr/bin')], [file('bin/x', 'x')]],
    tree: { bin: 'l -> usr/bin', usr: 'd', 'usr/bin': 'd', 'usr/bin/x': "f 'x'" },
    differs: [
      [
        ['podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { bin: 'd', 'bin/x': "f 'x'", usr: 'd', 'usr/bin': 'd' },
      ],
    ],
  },
  {
    name: 'a symbolic-link parent of a lower layer, absolute',
    layers: [[folder('usr'), folder('usr/bin'), symlink('bin', '/usr/bin')], [file('bin/x', 'x')]],
    tree: { bin: 'l -> /usr/bin', usr: 'd', 'usr/bin': 'd', 'usr/bin/x': "f 'x'" },
    ofRoot: true,
    differs: [
      [
        ['podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { bin: 'd', 'bin/x': "f 'x'", usr: 'd', 'usr/bin': 'd' },
      ],
    ],
  },
  {
    name: 'a symbolic-link parent two steps above, of a lower layer',
    layers: [
      [folder('usr'), folder('usr/lib'), symlink('lib', 'usr/lib')],
      [folder('lib/m'), file('lib/m/x', 'x')],
    ],
    tree: { lib: 'l -> usr/lib', usr: 'd', 'usr/lib': 'd', 'usr/lib/m': 'd', 'usr/lib/m/x': "f 'x'" },
    differs: [
      [
        ['podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { lib: 'd', 'lib/m': 'd', 'lib/m/x': "f 'x'", usr: 'd', 'usr/lib': 'd' },
      ],
    ],
  },
  {
    name: 'a chain of symbolic-link parents of the same layer',
    layers: [[folder('a'), symlink('b', 'a'), symlink('c', 'b'), file('c/x', 'x')]],
    tree: { a: 'd', 'a/x': "f 'x'", b: 'l -> a', c: 'l -> b' },
  },
  {
    name: 'a symbolic-link parent with `..` that stays inside, of the same layer',
    layers: [[folder('a'), folder('b'), symlink('b/s', '../a'), file('b/s/x', 'x')]],
    tree: { a: 'd', 'a/x': "f 'x'", b: 'd', 'b/s': 'l -> ../a' },
  },
  {
    name: 'a symbolic-link parent that leaves the root is held at the root',
    layers: [[folder('a'), symlink('s', '../../a'), file('s/x', 'x')]],
    tree: { a: 'd', 'a/x': "f 'x'", s: 'l -> ../../a' },
    ofRoot: true,
  },
  {
    name: 'a symbolic-link parent to nothing, of the same layer',
    layers: [[symlink('s', 'nothing'), file('s/x', 'x')]],
    tree: { s: 'l -> nothing', nothing: 'd', 'nothing/x': "f 'x'" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay'], null]],
  },
  {
    name: 'a symbolic-link parent to nothing, of a lower layer',
    layers: [[symlink('s', 'nothing')], [file('s/x', 'x')]],
    tree: { s: 'l -> nothing', nothing: 'd', 'nothing/x': "f 'x'" },
    differs: [
      [['podman', 'docker'], null],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], { s: 'd', 's/x': "f 'x'" }],
    ],
  },
  {
    name: 'a symbolic-link parent to a file',
    layers: [[file('f', 'f'), symlink('s', 'f'), file('s/x', 'x')]],
    tree: null,
  },
  {
    name: 'a symbolic-link parent to itself',
    layers: [[symlink('s', 's'), file('s/x', 'x')]],
    tree: null,
  },
  {
    name: 'a folder of a lower layer becomes a symbolic link, and a file below it follows',
    layers: [LOWER_FOLDER, [folder('e'), symlink('d', 'e'), file('d/x', 'x')]],
    tree: { d: 'l -> e', e: 'd', 'e/x': "f 'x'" },
  },
  {
    name: 'a file below a file of the same layer',
    layers: [[file('x', 'x'), file('x/a', 'a')]],
    tree: null,
  },
  {
    name: 'a file below a file of a lower layer',
    layers: [[file('x', 'x')], [file('x/a', 'a')]],
    tree: null,
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], { x: 'd', 'x/a': "f 'a'" }]],
  },
  {
    name: 'a file below a file of a lower layer that has a whiteout before',
    layers: [[file('x', 'x')], [gone('.wh.x'), file('x/a', 'a')]],
    tree: { x: 'd', 'x/a': "f 'a'" },
    differs: [
      [['docker'], { x: 'd 0600', 'x/a': "f 'a'" }],
      [['podman-overlay', 'docker-overlay', 'containerd-overlay'], null],
    ],
  },

  /* Names. */
  {
    name: 'a name with `..` that stays inside',
    layers: [[folder('a'), folder('b'), file('a/../b/x', 'x')]],
    tree: { a: 'd', b: 'd', 'b/x': "f 'x'" },
  },
  {
    name: 'a name with `..` behind a symbolic link',
    layers: [[folder('a'), folder('b'), folder('b/c'), symlink('a/s', '../b/c'), file('a/s/../x', 'x')]],
    tree: { a: 'd', 'a/s': 'l -> ../b/c', 'a/x': "f 'x'", b: 'd', 'b/c': 'd' },
  },
  {
    name: 'a name that leaves the root',
    layers: [[file('../x', 'x')]],
    tree: null,
    ofRoot: true,
    differs: [
      [['umoci', 'podman', 'docker', 'podman-overlay', 'docker-overlay', 'containerd-overlay'], { x: "f 'x'" }],
    ],
  },
  {
    name: 'a name that leaves the root and comes back',
    layers: [[folder('a'), file('a/../../a/x', 'x')]],
    tree: null,
    ofRoot: true,
    differs: [
      [
        ['umoci', 'podman', 'docker', 'podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { a: 'd', 'a/x': "f 'x'" },
      ],
    ],
  },
  {
    name: 'an absolute name with `..` at the root',
    layers: [[folder('a'), file('/../a/x', 'x')]],
    tree: null,
    ofRoot: true,
    differs: [
      [
        ['umoci', 'podman', 'docker', 'podman-overlay', 'docker-overlay', 'containerd-overlay'],
        { a: 'd', 'a/x': "f 'x'" },
      ],
    ],
  },
  {
    name: 'names of 200 bytes, with a backslash, a newline, a letter of two bytes',
    layers: [
      [
        folder('d'),
        file(`d/${'n'.repeat(200)}`, 'long', { pax: { path: `d/${'n'.repeat(200)}` } }),
        file('d/back\\slash', 'b'),
        file('d/new\nline', 'n'),
        file('d/naïve', 'u'),
      ],
    ],
    tree: {
      d: 'd',
      [`d/${'n'.repeat(200)}`]: "f 'long'",
      'd/back\\slash': "f 'b'",
      'd/new\nline': "f 'n'",
      'd/na\u00c3\u00afve': "f 'u'",
    },
  },

  /* The root's own entry. */
  {
    name: 'an entry for the root',
    layers: [[folder('./', { mode: 0o700, uid: 3, gid: 4 }), file('a', 'a')]],
    tree: { '.': 'd 0700 3:4', a: "f 'a'" },
    ofRoot: true,
    differs: [
      [['docker', 'docker-overlay'], { a: "f 'a'" }],
      [['podman-overlay'], { '.': 'd 0555', a: "f 'a'" }],
      [['containerd-overlay'], { '.': 'd', a: "f 'a'" }],
    ],
  },
  {
    name: 'an entry for the root in the upper layer',
    layers: [[file('a', 'a')], [folder('./', { mode: 0o711, uid: 3, gid: 4 })]],
    tree: { '.': 'd 0711 3:4', a: "f 'a'" },
    ofRoot: true,
    differs: [
      [['docker', 'docker-overlay'], { a: "f 'a'" }],
      [['podman-overlay'], { '.': 'd 0555', a: "f 'a'" }],
      [['containerd-overlay'], { '.': 'd', a: "f 'a'" }],
    ],
  },
  {
    name: 'an entry for the root in the lower layer only',
    layers: [[folder('./', { mode: 0o711, uid: 3, gid: 4 }), file('a', 'a')], [file('b', 'b')]],
    tree: { '.': 'd 0711 3:4', a: "f 'a'", b: "f 'b'" },
    ofRoot: true,
    differs: [
      [['docker', 'docker-overlay'], { a: "f 'a'", b: "f 'b'" }],
      [['podman-overlay'], { '.': 'd 0555', a: "f 'a'", b: "f 'b'" }],
      [['containerd-overlay'], { '.': 'd', a: "f 'a'", b: "f 'b'" }],
    ],
  },
  {
    name: 'no entry for the root',
    layers: [[file('a', 'a')]],
    tree: { '.': 'd', a: "f 'a'" },
    ofRoot: true,
    differs: [
      [['podman', 'podman-overlay'], { '.': 'd 0555', a: "f 'a'" }],
      [['docker', 'docker-overlay'], { a: "f 'a'" }],
    ],
  },

  /* Attributes. */
  {
    name: 'set-id and sticky bits, owners',
    layers: [
      [
        file('u', 'u', { mode: 0o4755, uid: 1000, gid: 1000 }),
        file('g', 'g', { mode: 0o2711, uid: 1, gid: 2 }),
        folder('t', { mode: 0o1777 }),
        folder('s', { mode: 0o2755, gid: 50 }),
        file('s/x', 'x'),
        file('big', 'b', { pax: { uid: '4000000', gid: '2097152' } }),
      ],
    ],
    tree: {
      u: "f 4755 1000:1000 'u'",
      g: "f 2711 1:2 'g'",
      t: 'd 1777',
      s: 'd 2755 0:50',
      's/x': "f 'x'",
      big: "f 4000000:2097152 'b'",
    },
  },
  {
    name: 'a missing parent in a folder with a set-group-id bit',
    layers: [[folder('s', { mode: 0o2755, gid: 50 }), file('s/m/x', 'x')]],
    tree: { s: 'd 2755 0:50', 's/m': 'd', 's/m/x': "f 'x'" },
    differs: [
      [['umoci', 'podman'], { s: 'd 2755 0:50', 's/m': 'd 2755 0:50', 's/m/x': "f 'x'" }],
      [['docker'], { s: 'd 2755 0:50', 's/m': 'd 2600 0:50', 's/m/x': "f 'x'" }],
      [['podman-overlay', 'docker-overlay'], { s: 'd 2755 0:50', 's/m': 'd 2755', 's/m/x': "f 'x'" }],
      [['containerd-overlay'], { s: 'd 2755 0:50', 's/m': 'd 0:50', 's/m/x': "f 'x'" }],
    ],
  },
  {
    name: 'devices, a fifo, a symbolic link with an owner',
    layers: [
      [
        { path: 'null', type: 'character-device', device: [1, 3], mode: 0o666 },
        { path: 'loop', type: 'block-device', device: [7, 0], mode: 0o660, gid: 6 },
        { path: 'pipe', type: 'fifo', mode: 0o600, uid: 4 },
        symlink('s', 'null', { uid: 5, gid: 6 }),
      ],
    ],
    tree: { null: 'c 0666 1:3', loop: 'b 0660 0:6 7:0', pipe: 'p 0600 4:0', s: 'l 5:6 -> null' },
  },
  {
    name: 'a character device 0:0, which an overlay takes for a whiteout',
    layers: [[file('a', 'a')], [{ path: 'a', type: 'character-device', device: [0, 0] }]],
    tree: { a: 'c 0:0' },
    differs: [[['podman-overlay', 'docker-overlay', 'containerd-overlay'], {}]],
  },
  {
    name: 'xattrs of a file and a folder, and a capability',
    layers: [
      [
        file('a', 'a', { pax: { 'SCHILY.xattr.user.x': 'one' } }),
        folder('d', { pax: { 'SCHILY.xattr.user.y': 'two' } }),
        file('cap', 'cap', {
          mode: 0o755,
          uid: 1,
          pax: { 'SCHILY.xattr.security.capability': '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0' },
        }),
      ],
    ],
    tree: {
      a: "f 'a' user.x=6f6e65",
      d: 'd user.y=74776f',
      cap: "f 0755 1:0 'cap' security.capability=0100000200040000000000000000000000000000",
    },
    differs: [
      [
        ['docker', 'docker-overlay'],
        { a: "f 'a'", cap: "f 0755 1:0 'cap' security.capability=0100000200040000000000000000000000000000", d: 'd' },
      ],
    ],
  },
  {
    name: 'an xattr with an empty value',
    layers: [[file('a', 'a', { pax: { 'SCHILY.xattr.user.x': '' } })]],
    tree: { a: "f 'a'" },
    differs: [[['containerd-overlay'], { a: "f 'a' user.x=" }]],
  },
  {
    name: 'times of a file, with and without a fraction',
    layers: [[file('a', 'a', { mtime: 1677619260 }), file('b', 'b', { pax: { mtime: '1677619260.75' } })]],
    tree: { a: "f 'a' @1677619260", b: "f 'b' @1677619260" },
  },
  {
    name: 'a time before 1970',
    layers: [[file('a', 'a', { pax: { mtime: '-100' } })]],
    tree: { a: "f 'a' @-100" },
    differs: [[['podman', 'docker', 'podman-overlay', 'docker-overlay', 'containerd-overlay'], { a: "f 'a'" }]],
  },
];
