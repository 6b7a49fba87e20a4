"""A directory as a device: what it lists is found through it; it itself shows how many that are."""

from __future__ import annotations

from capabilities.vocabulary import Json
from drivers.wot.described import Described, Point, component, digest
from drivers.wot.describing import part_of
from drivers.wot.document import Document
from drivers.wot.origins import Reach
from drivers.wot.sources import Source


def directory_described(device: str, reach: Reach, described: Described) -> Described:
    """One number, so that it can be a Thing, instead of its affordances: those are for who looks Things up."""
    schema: dict[str, Json] = {"type": "integer", "minimum": 0}
    point = Point(f"{device} listed", "listed", "listed", schema)
    part = part_of("value", point, title="Things listed", seen=True)
    return Described(
        title=described.title,
        components=(component(reach, "listed", "other", [part], title="Things listed"),),
        points={point.point: point},
        problems=("it is a directory: its Things wait beside it",),
        fingerprint=digest("directory"),
        need=described.need,
    )


def is_readable_directory(source: Source, document: Document) -> bool:
    """A directory within a directory is not followed: nobody would know where that ends."""
    return (source.is_directory or document.is_directory) and source.parent is None
