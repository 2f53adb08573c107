"""Pages prepared once: a frozen form is rendered and compressed a single time.

Only the nonce (and for cards the code) is fresh in each page. It stands between two parts that
never change, each compressed on its own and cut at a byte border, so a request sends

    gzip header · head · one stored block with the fresh part · tail · checksum and length

which is one valid gzip stream without compressing anything again (RFC 1951 §3.2.4, RFC 1952).
"""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Self

MARK = "<!--fresh-->"
LIMIT_BYTES = 48_000_000
_LEVEL = 9
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_STORED = struct.Struct("<BHH")
_TRAILER = struct.Struct("<II")
_LARGEST_BLOCK = 0xFFFF


@dataclass(frozen=True, slots=True)
class PreparedPage:
    """A page split at its fresh part, plain and compressed."""

    head: bytes
    tail: bytes
    packed_head: bytes
    packed_tail: bytes
    head_checksum: int

    @classmethod
    def split(cls, html: str) -> Self:
        """Prepare a page that holds MARK once; ValueError otherwise."""
        head, tail = (part.encode() for part in html.split(MARK))
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed_head = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed_tail = packer.compress(tail) + packer.flush()
        return cls(head, tail, _HEADER + packed_head, packed_tail, zlib.crc32(head))

    @property
    def size(self) -> int:
        """Bytes of memory it takes, roughly."""
        return len(self.head) + len(self.tail) + len(self.packed_head) + len(self.packed_tail)

    def plain(self, fresh: bytes) -> bytes:
        return self.head + fresh + self.tail

    def packed(self, fresh: bytes) -> bytes:
        """The whole page as one gzip stream. `fresh` is at most 65 535 bytes."""
        if len(fresh) > _LARGEST_BLOCK:
            raise ValueError("the fresh part does not fit one stored block")
        block = _STORED.pack(0, len(fresh), len(fresh) ^ _LARGEST_BLOCK) + fresh
        checksum = zlib.crc32(self.tail, zlib.crc32(fresh, self.head_checksum))
        length = len(self.head) + len(fresh) + len(self.tail)
        return self.packed_head + block + self.packed_tail + _TRAILER.pack(checksum, length)


class PreparedPages:
    """The pages of one process, the least recently seen dropped first."""

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._pages: OrderedDict[Hashable, PreparedPage] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, render: Callable[[], str]) -> PreparedPage:
        """The page of this key, rendered now if it is not at hand."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
                return page
        page = PreparedPage.split(render())
        with self._lock:
            if key not in self._pages:
                self._pages[key] = page
                self._size += page.size
            while self._size > self._limit and len(self._pages) > 1:
                self._size -= self._pages.popitem(last=False)[1].size
        return page
