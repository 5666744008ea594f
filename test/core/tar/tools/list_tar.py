"""Lists tar archives as Python's tarfile reads them: one JSON document for all paths on standard input, a line each.

Strings are latin1: one code unit a byte. Times are [seconds, nanoseconds], PAX times from the records' decimal text.
"""
import decimal
import hashlib
import json
import sys
import tarfile

TYPES = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.GNUTYPE_SPARSE: "file",
    tarfile.LNKTYPE: "hardlink",
    tarfile.SYMTYPE: "symlink",
    tarfile.CHRTYPE: "character-device",
    tarfile.BLKTYPE: "block-device",
    tarfile.DIRTYPE: "directory",
    tarfile.FIFOTYPE: "fifo",
}


def latin1(text):
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def time_of(text):
    with decimal.localcontext() as context:
        context.prec = 60
        value = decimal.Decimal(text)
        seconds = value.to_integral_value(rounding=decimal.ROUND_FLOOR)
        return [int(seconds), int((value - seconds) * 1000000000)]


def times(member, pax, block):
    """mtime, atime, ctime. tarfile knows atime and ctime of PAX only; of GNU's header its own `nti` reads the fields."""
    result = []
    for key, at in (("mtime", 136), ("atime", 345), ("ctime", 357)):
        if key in pax:
            result.append(time_of(pax[key]))
        elif key == "mtime":
            result.append([int(member.mtime), 0])
        elif block[257:265] == b"ustar  \0" and block[at] != 0:
            result.append([tarfile.nti(block[at : at + 12]), 0])
        else:
            result.append(None)
    return result


def list_archive(path):
    entries = []
    with open(path, "rb") as raw, tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            raw.seek(member.offset)
            header = raw.read(member.offset_data - member.offset)
            # The maps of sparse files stand behind the header block: in blocks of their own, or before the content.
            main = main_block(header)
            # tarfile gives the records of global headers to every member; what the archive as a whole says is no
            # entry's own.
            pax = {k: v for k, v in member.pax_headers.items() if archive.pax_headers.get(k) != v}
            digest = hashlib.sha256()
            size = 0
            if member.isreg() or member.issparse():
                stream = archive.extractfile(member)
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)
                    size += len(chunk)
            mtime, atime, ctime = times(member, pax, main)
            entries.append(
                {
                    "offset": member.offset,
                    "headerBytes": member.offset_data - member.offset,
                    "headerSha256": hashlib.sha256(header).hexdigest(),
                    "type": TYPES[member.type],
                    "path": latin1(name_of(member, main)),
                    "linkTarget": latin1(member.linkname),
                    "mode": tarfile.nti(main[100:108]),
                    "uid": member.uid,
                    "gid": member.gid,
                    "uname": latin1(member.uname),
                    "gname": latin1(member.gname),
                    "size": size,
                    "mtime": mtime,
                    "atime": atime,
                    "ctime": ctime,
                    "devMajor": member.devmajor if member.isdev() and not member.isfifo() else 0,
                    "devMinor": member.devminor if member.isdev() and not member.isfifo() else 0,
                    "pax": {latin1(k): latin1(v) for k, v in pax.items()},
                    "sparse": member.sparse if member.issparse() else None,
                    "sha256": digest.hexdigest(),
                }
            )
    return entries


def name_of(member, block):
    """The name, where tarfile does not read what all others do.

    It takes atime and ctime in GNU's header for a prefix: there the name is the name field alone. And it lets a record
    `path` that comes after `GNU.sparse.name` win, though that is the made-up name for programs that know no sparse files.
    """
    if member.issparse() and "GNU.sparse.name" in member.pax_headers:
        return member.pax_headers["GNU.sparse.name"]
    times = tarfile.nts(block[345:500], "utf-8", "surrogateescape")
    if block[257:265] == b"ustar  \0" and times and member.name.startswith(times + "/"):
        return member.name[len(times) + 1 :]
    return member.name


def main_block(header):
    """The header block itself: the first that is no extended header."""
    at = 0
    while header[at + 156 : at + 157] in (b"x", b"g", b"L", b"K"):
        size = tarfile.nti(header[at + 124 : at + 136])
        at += 512 + (size + 511) // 512 * 512
    return header[at : at + 512]


if __name__ == "__main__":
    json.dump([list_archive(line.rstrip("\n")) for line in sys.stdin], sys.stdout)
