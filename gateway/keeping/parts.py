"""What is inside a backup: an opening, the parts one after the other, and a manifest that tells what each must be.

A record is its kind (1 byte), its length (4 bytes, big-endian) and as many bytes: `O` the opening (JSON), `P` a part begins
(JSON: name, mode), `D` data of it, `E` it ends, `M` the manifest (JSON), which is the last.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

import orjson

from capabilities.vocabulary import Json
from gateway.keeping.errors import DamagedError

PIECE_BYTES: Final = 65_536
MANIFEST_BYTES: Final = 4 * 1024 * 1024
"""2,000 parts of 200 bytes are a tenth of it."""

MOST_PARTS: Final = 10_000
LONGEST_NAME: Final = 200

_NAME: Final = re.compile(r"(?!\.)[\w.@+=-]+(/(?!\.)[\w.@+=-]+)*", re.ASCII)


class Sink(Protocol):
    def write(self, data: bytes) -> None: ...


class Source(Protocol):
    def read(self, size: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Part:
    """`name` is its path in the state directory, with `/`; `mode` its rights; `sha256` in hexadecimal digits."""

    name: str
    mode: int
    bytes: int
    sha256: str

    def shown(self) -> dict[str, Json]:
        return {"name": self.name, "mode": self.mode, "bytes": self.bytes, "sha256": self.sha256}


def is_name(name: str) -> bool:
    """Whether a file of this name is taken along, and may be made again: nothing hidden, nothing that leads out."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


class PartWriter:
    def __init__(self, out: Sink, opening: Mapping[str, Json]) -> None:
        self._out = out
        self.parts: list[Part] = []
        self._record(b"O", orjson.dumps(opening))

    def put(self, name: str, mode: int, content: BinaryIO) -> Part:
        """Raises `OSError`."""
        self._record(b"P", orjson.dumps({"name": name, "mode": mode & 0o777}))
        digest, size = hashlib.sha256(), 0
        while piece := content.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            self._record(b"D", piece)
        self._record(b"E", b"")
        part = Part(name, mode & 0o777, size, digest.hexdigest())
        self.parts.append(part)
        return part

    def close(self, manifest: Mapping[str, Json]) -> None:
        """`manifest` is told what the parts are."""
        parts: list[Json] = [part.shown() for part in self.parts]
        self._record(b"M", orjson.dumps({**manifest, "parts": parts}))

    def _record(self, kind: bytes, data: bytes) -> None:
        self._out.write(kind + len(data).to_bytes(4, "big") + data)


class PartReader:
    """`opening` first, then `parts` to their end; then `manifest`, which was compared with what was read."""

    def __init__(self, source: Source) -> None:
        """Raises `DamagedError`, and what reading `source` raises."""
        self._source = source
        self.found: list[Part] = []
        self.manifest: dict[str, Json] = {}
        kind, data = self._record(MANIFEST_BYTES)
        if kind != b"O":
            raise DamagedError("this backup does not begin as one")
        self.opening = _object(data)

    def parts(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Name, mode and pieces of each part. The pieces are read before the next part is asked for."""
        seen: set[str] = set()
        while True:
            kind, data = self._record(MANIFEST_BYTES)
            if kind == b"M":
                self._finish(_object(data))
                return
            begun = _object(data)
            name, mode = begun.get("name"), begun.get("mode")
            if (
                kind != b"P"
                or not isinstance(name, str)
                or not isinstance(mode, int)
                or not is_name(name)
                or name in seen
                or len(seen) >= MOST_PARTS
            ):
                raise DamagedError("a part of this backup is none")
            seen.add(name)
            yield name, mode & 0o777, self._pieces(name, mode & 0o777)

    def _pieces(self, name: str, mode: int) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        while True:
            kind, data = self._record(PIECE_BYTES)
            if kind == b"E":
                self.found.append(Part(name, mode, size, digest.hexdigest()))
                return
            if kind != b"D":
                raise DamagedError(f"{name} does not end")
            digest.update(data)
            size += len(data)
            yield data

    def _finish(self, manifest: dict[str, Json]) -> None:
        if manifest.get("parts") != [part.shown() for part in self.found]:
            raise DamagedError("the parts of this backup are not what its manifest tells")
        if self._source.read(1):
            raise DamagedError("something stands behind the end of this backup")
        self.manifest = manifest

    def _record(self, most: int) -> tuple[bytes, bytes]:
        head = self._source.read(5)
        size = int.from_bytes(head[1:5], "big")
        if len(head) < 5 or size > most:
            raise DamagedError("this backup ends too early")
        data = self._source.read(size)
        if len(data) < size:
            raise DamagedError("this backup ends too early")
        return head[:1], data


def _object(data: bytes) -> dict[str, Json]:
    try:
        found = orjson.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DamagedError("this backup cannot be read: it is not what any Hearth wrote")
    return found
