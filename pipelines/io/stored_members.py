"""Fast reading of zip members that are stored without compression."""

from __future__ import annotations

import mmap
import struct
import zipfile
import zlib
from pathlib import Path

#: Size of a local file header before the name (APPNOTE 6.3.10, 4.3.7).
_HEADER_SIZE = 30
_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1


class StoredMembers:
    """The members of a zip archive that are stored, in mapped memory.

    `zipfile` takes longer to find and copy a small image than a thread takes
    to decode it. JPEG files are mostly stored.

    Args:
        path: Path of the archive. It must not change.
        archive: The archive, open.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._members = {info.filename: info for info in archive.infolist()}
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def read(self, name: str) -> bytes | None:
        """Read a member and check its checksum.

        Args:
            name: Name of the member.

        Returns:
            The content; None if the member is not stored or not intact, so
            that `zipfile` has to read it.
        """
        info = self._members.get(name)
        if info is None or info.compress_type != zipfile.ZIP_STORED:
            return None
        start = info.header_offset + _HEADER_SIZE
        header = self._map[info.header_offset : start]
        if header[:4] != _MAGIC or info.flag_bits & _ENCRYPTED:
            return None
        name_size, extra_size = struct.unpack_from("<HH", header, 26)
        if self._map[start : start + name_size] != name.encode():
            return None
        start += name_size + extra_size
        data = self._map[start : start + info.file_size]
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            return None
        return data
