"""How what a unit says is taken down: which registers were read, and what stood in them.

    profile    {"device": {"model": "eastron-sdm120"}, "poll_s": null}: one of Hearth's; one's own has its `layout` too
    identity   {"serial_number": "…"}, "" where the device tells none
    read       {"function": 4, "register": 0, "count": 2, "words": {"hex": "43663334"}}: a turn; `bits` of coils and discrete
               inputs (the first is the lowest of the first byte); or `exception` with its code
    asked      the same, for one property that was asked for: `property` is its place in the profile, from 0

Texts in registers and serial numbers are left out: they are zeros.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from capabilities.vocabulary import Json, Privilege
from drivers.modbus.profile import Place, ProfileTable
from drivers.recording.members import hexed

PROFILE: Final = "profile"
IDENTITY: Final = "identity"
READ: Final = "read"
ASKED: Final = "asked"

TABLES: Final = ("coil", "discrete", "holding", "input")
"""By the function that reads it, less one."""

ORDERS: Final = ("big", "little")
PRIVILEGES: Final = tuple(Privilege)
CODED: Final[dict[str, tuple[str, ...]]] = {
    "table": TABLES, "write_table": TABLES, "word_order": ORDERS, "byte_order": ORDERS, "privilege": PRIVILEGES,
}  # fmt: skip
"""Members that are one of a few words: these are written as numbers, for a word may be replaced."""

RENAMED: Final = {"key": "part", "serial_number": "identity"}
"""Members whose names say that something is secret, and it is not."""

_LEFT_OUT: Final = frozenset({"name", "title", "sources", "defaults", "manufacturer", "model"})
"""Of the whole file: what people wrote for people."""


def profile(of: ProfileTable, poll_s: float | None, *, shipped: bool) -> Json:
    """`poll_s` is what the unit has instead of the profile's own."""
    if shipped:
        return {"device": {"model": of.name}, "poll_s": poll_s}
    document = of.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(_LEFT_OUT))
    device: dict[str, Json] = {"manufacturer": of.manufacturer, "model": of.model}
    return {"device": device, "poll_s": poll_s, "layout": _coded(document)}


def _coded(value: Any, name: str = "") -> Json:
    if isinstance(value, dict):
        if name in {"options", "shown"}:
            return dict(value)
        kept = {str(key): item for key, item in value.items() if key != "title"}
        return {RENAMED.get(key, key): _coded(item, key) for key, item in kept.items()}
    if isinstance(value, list):
        return [_coded(item, name) for item in value]
    plain: Json = CODED[name].index(value) if name in CODED and value is not None else value
    return plain


def identity(serial: str) -> Json:
    return {"serial_number": serial}


def answer(
    of: ProfileTable, table: str, start: int, count: int, told: Sequence[int] | int
) -> dict[str, Json]:
    """`told` are registers or bits, or the code of an exception."""
    where: dict[str, Json] = {"function": TABLES.index(table) + 1, "register": start, "count": count}
    if isinstance(told, int):
        return {**where, "exception": told}
    values = told[:count]
    if table in {"coil", "discrete"}:
        packed = sum(bool(bit) << at for at, bit in enumerate(values))
        return {**where, "bits": hexed(packed.to_bytes((count + 7) // 8, "little"))}
    hidden = {
        at for place in _private(of) if place.table == table for at in range(place.register_, place.end)
    }
    words = [0 if start + at in hidden else word for at, word in enumerate(values)]
    return {**where, "words": hexed(b"".join(word.to_bytes(2, "big") for word in words))}


def _private(of: ProfileTable) -> Iterator[Place]:
    if of.serial_number is not None:
        yield of.serial_number
    for component in of.component:
        yield from (one for one in component.property if one.type == "string")
