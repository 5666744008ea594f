"""Writes tar archives with Python's tarfile into the folder that is the only argument."""
import io
import os
import sys
import tarfile

CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
BINARY = bytes(range(256))


def add(archive, name, kind=tarfile.REGTYPE, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mtime = 1677619260
    info.mode = 0o644
    for key, value in fields.items():
        setattr(info, key, value)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def common(archive, long_names):
    add(archive, "dir", tarfile.DIRTYPE, mode=0o1777)
    add(archive, "dir/file", content=b"hello\n" * 200, uid=1000, gid=100, uname="user", gname="users")
    add(archive, "empty", mode=0o4755)
    add(archive, "block", content=b"b" * 512)
    add(archive, "old", tarfile.AREGTYPE, content=b"old")
    add(archive, "contiguous", tarfile.CONTTYPE, content=b"cont")
    add(archive, "link", tarfile.LNKTYPE, linkname="dir/file")
    add(archive, "symlink", tarfile.SYMTYPE, linkname="dir/../dir/file", mode=0o777)
    add(archive, "fifo", tarfile.FIFOTYPE)
    add(archive, "char", tarfile.CHRTYPE, devmajor=5, devminor=300)
    add(archive, "block-device", tarfile.BLKTYPE, devmajor=8, devminor=1)
    add(archive, "new\nline", content=b"n")
    add(archive, "utf8-é-日本", content=b"u")
    add(archive, "invalid-\udcff\udcfe", content=b"i")
    for length in (99, 100) + long_names:
        add(archive, f"{'d' * 49}/{'n' * 200}"[:length], content=b"%d" % length)
        add(archive, f"s{length}", tarfile.SYMTYPE, linkname=("t" * 300)[: min(length, 100)])


def write(folder):
    def opened(name, form):
        return tarfile.open(
            os.path.join(folder, name), "w", format=form, encoding="utf-8", errors="surrogateescape"
        )

    with opened("python-ustar.tar", tarfile.USTAR_FORMAT) as archive:
        common(archive, (101, 149))
        add(archive, "a" * 150 + "/" + "b" * 100, content=b"prefix")
    with opened("python-gnu.tar", tarfile.GNU_FORMAT) as archive:
        common(archive, (101, 150, 256, 700))
        add(archive, "both-" + "p" * 200, tarfile.SYMTYPE, linkname="l" * 300)
        add(archive, "large-ids", uid=3000000, gid=2**31 - 1)
        add(archive, "before-1970", mtime=-2)
        add(archive, "far-future", mtime=2**40)
    with opened("python-pax.tar", tarfile.PAX_FORMAT) as archive:
        common(archive, (101, 150, 256, 700))
        add(archive, "both-" + "p" * 200, tarfile.SYMTYPE, linkname="l" * 300)
        add(archive, "large-ids", uid=3000000, gid=2**31 - 1)
        add(archive, "before-1970", mtime=-2.25)
        add(archive, "far-future", mtime=2**40)
        add(archive, "fraction", mtime=1677619260.5)
        records = {
            "SCHILY.xattr.security.capability": CAPABILITY,
            "SCHILY.xattr.user.binary": BINARY.replace(b"\0", b"") + b"\n=\n12 a=b\n",
            "SCHILY.xattr.user.nul": b"\0\0a\0",
            "LIBARCHIVE.xattr.user.text": b"dGV4dA",
            "VENDOR.empty": b"",
            "comment": "é=ü\n".encode(),
        }
        add(archive, "xattrs", content=b"x", pax_headers={k: v.decode("utf-8", "surrogateescape") for k, v in records.items()})
        add(archive, "times", pax_headers={"mtime": "1677619260.123456789", "atime": "-0.25", "ctime": "12.000000001999"})
    with tarfile.open(
        os.path.join(folder, "python-pax-global.tar"),
        "w",
        format=tarfile.PAX_FORMAT,
        pax_headers={"comment": "of the whole archive", "VENDOR.key": "value"},
    ) as archive:
        add(archive, "one", content=b"1")
        add(archive, "two", content=b"2")


if __name__ == "__main__":
    write(sys.argv[1])
