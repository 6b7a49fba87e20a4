"""The app's files as they go out: found once, compressed at first use, named by a version of all of them together.

A path with the version may be kept by a browser for ever; another version has another path.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import orjson

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
}

COMPRESSED: Final = frozenset({"html", "js", "css", "json", "webmanifest", "svg"})

APART: Final = frozenset({"index.html", "sw.js", "manifest.webmanifest"})
"""Those with an address of their own."""

TEXTS: Final = "texts.json"

FIRST: Final = (
    *(
        "vendor/preact-htm.js",
        "core/api.js",
        "core/command.js",
        "core/data.js",
        "core/format.js",
        "core/live.js",
    ),
    *("core/me.js", "core/offline.js", "core/route.js", "core/store.js", "core/texts.js", "core/ui.js"),
    *("views/frame.js", "views/welcome.js", "views/home.js"),
    *(
        "parts/ask.js",
        "parts/controls.js",
        "parts/first_mark.js",
        "parts/form.js",
        "parts/hints.js",
        "parts/kinds.js",
    ),
    *("parts/outcome.js", "parts/room.js", "parts/state.js", "parts/tile.js"),
)
"""What the first page is made of: a browser is told at once, and need not find out script by script."""


@dataclass(frozen=True, slots=True)
class Asset:
    """`gzipped` is None for what is compressed already."""

    type: str
    body: bytes
    gzipped: bytes | None


class Assets:
    """Read when they are made: some 0.3 MB."""

    def __init__(self) -> None:
        self._raw = dict(sorted(_by_language(_found(files(__package__ or "gateway.web").joinpath("files")))))
        digest = hashlib.blake2b(digest_size=6)
        for name, body in self._raw.items():
            digest.update(f"{name} {len(body)} ".encode() + body)
        self.version = digest.hexdigest()
        self._made: dict[str, Asset] = {}

    @property
    def names(self) -> list[str]:
        """Of those under the version's path."""
        return [name for name in self._raw if name not in APART and not name.endswith(("README.md", ".png"))]

    def get(self, name: str) -> Asset | None:
        """The file of that name, put together and compressed once."""
        made = self._made.get(name)
        if made is None and name in self._raw:
            made = self._made[name] = self._make(name)
        return made

    def _make(self, name: str) -> Asset:
        ending, body = name.rpartition(".")[2], self._raw[name]
        if name in {"index.html", "sw.js"}:
            preload = "\n".join(
                f'<link rel="modulepreload" href="/app/{self.version}/{one}">'
                for one in FIRST
                if one in self._raw
            )
            body = body.replace(b"{{version}}", self.version.encode()).replace(
                b"{{preload}}", preload.encode()
            )
            body = body.replace(b"{{files}}", orjson.dumps(self.names))
        small = gzip.compress(body, 9, mtime=0) if ending in COMPRESSED else None
        return Asset(TYPES.get(ending, "text/plain; charset=utf-8"), body, small)


def _by_language(found: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """All texts stand side by side in one file; a phone needs those of one language, and at first those of the first page."""
    scripts = b"".join(body for name, body in found if name in {*FIRST, "main.js"})
    for name, body in found:
        if name != TEXTS:
            yield name, body
            continue
        for language, words in orjson.loads(body).items():
            first = {section for section in words if _names(scripts, section)}
            for ending, some in (("json", first), ("later.json", words.keys() - first)):
                part = {section: words[section] for section in words if section in some}
                yield f"texts.{language}.{ending}", orjson.dumps(part)


def _names(scripts: bytes, section: str) -> bool:
    """Whether a script asks for a text of this section: `"section.` in any quotes."""
    return any(quote + section.encode() + b"." in scripts for quote in (b'"', b"'", b"`"))


def _found(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _found(one, f"{prefix}{one.name}/")
        elif one.name.rpartition(".")[2] in TYPES:
            found.append((prefix + one.name, one.read_bytes()))
    return found
