"""Lists a file system as JSON: of a folder (its path is the argument), or of a tar archive on standard input.

One object, from the path (latin1: one code unit a byte; the root is ".") to what is there. It knows nothing of layers.
"""
import hashlib
import json
import os
import stat
import sys
import tarfile

XATTRS = (b"user.", b"security.capability")


def latin1(raw):
    return raw.decode("latin1")


def bare(raw):
    """A member's name without `./` in front and `/` behind."""
    names = [name for name in raw.split(b"/") if name not in (b"", b".")]
    return b"/".join(names) or b"."


def of_folder(root):
    nodes, inodes, waiting = {}, {}, [b"."]
    while waiting:
        path = waiting.pop()
        full = os.path.join(root, path)
        try:
            about = os.lstat(full)
        except FileNotFoundError:
            # An overlay lists its own whiteout in a folder that is only in the upper layer; it cannot be opened.
            continue
        node = {
            "mode": stat.S_IMODE(about.st_mode),
            "uid": about.st_uid,
            "gid": about.st_gid,
            "mtime": about.st_mtime_ns // 10**9,
            "xattrs": {
                latin1(os.fsencode(name)): os.getxattr(full, name, follow_symlinks=False).hex()
                for name in os.listxattr(full, follow_symlinks=False)
                if os.fsencode(name).startswith(XATTRS)
            },
        }
        kind = stat.S_IFMT(about.st_mode)
        if kind == stat.S_IFDIR:
            node["type"] = "directory"
            waiting += [os.path.join(path, name) if path != b"." else name for name in os.listdir(full)]
        elif kind == stat.S_IFLNK:
            node["type"] = "symlink"
            node["linkTarget"] = latin1(os.readlink(full))
        elif kind == stat.S_IFIFO:
            node["type"] = "fifo"
        elif kind in (stat.S_IFCHR, stat.S_IFBLK):
            node["type"] = "character-device" if kind == stat.S_IFCHR else "block-device"
            node["device"] = [os.major(about.st_rdev), os.minor(about.st_rdev)]
        else:
            node["type"] = "file"
            with open(full, "rb") as file:
                content = file.read()
            node["size"] = len(content)
            node["content"] = hashlib.sha256(content).hexdigest()
        if kind != stat.S_IFDIR and about.st_nlink > 1:
            inodes.setdefault(about.st_ino, []).append(latin1(path))
        nodes[latin1(path)] = node
    return nodes, inodes.values()


TAR_TYPES = {
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.FIFOTYPE: "fifo",
    tarfile.CHRTYPE: "character-device",
    tarfile.BLKTYPE: "block-device",
}


def of_tar(stream):
    """A whole file system as one archive, as `docker export` writes it: no whiteouts, a link after what it names."""
    nodes, groups = {}, {}
    with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            path = latin1(bare(member.name.encode("utf-8", "surrogateescape")))
            if member.islnk():
                first = latin1(bare(member.linkname.encode("utf-8", "surrogateescape")))
                groups.setdefault(first, [first]).append(path)
                nodes[path] = nodes[first]
                continue
            prefix = "SCHILY.xattr."
            node = {
                "type": TAR_TYPES.get(member.type, "file"),
                "mode": member.mode & 0o7777,
                "uid": member.uid,
                "gid": member.gid,
                "mtime": int(member.mtime // 1),
                "xattrs": {
                    key[len(prefix):]: value.encode("utf-8", "surrogateescape").hex()
                    for key, value in member.pax_headers.items()
                    if key.startswith(prefix) and key[len(prefix):].encode().startswith(XATTRS)
                },
            }
            if node["type"] == "symlink":
                node["linkTarget"] = latin1(member.linkname.encode("utf-8", "surrogateescape"))
            elif node["type"] in ("character-device", "block-device"):
                node["device"] = [member.devmajor, member.devminor]
            elif node["type"] == "file":
                content = archive.extractfile(member).read()
                node["size"] = len(content)
                node["content"] = hashlib.sha256(content).hexdigest()
            nodes[path] = node
    return nodes, groups.values()


def main():
    nodes, groups = of_folder(os.fsencode(sys.argv[1])) if len(sys.argv) > 1 else of_tar(sys.stdin.buffer)
    listed = {path: dict(node) for path, node in nodes.items()}
    for group in groups:
        if len(group) < 2:
            continue
        for path in group:
            listed[path]["links"] = sorted(group)
    json.dump(listed, sys.stdout)


main()
