"""The attribute database of an accessory: its accessories, services and characteristics, read with care.

Source: HomeKit Accessory Protocol Specification R2 (non-commercial), 2.3 (objects, their limits), 6.6 (JSON).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from capabilities.vocabulary import Json

MAX_ACCESSORIES: Final = 150
MAX_SERVICES: Final = 100
MAX_CHARACTERISTICS: Final = 100
"""Of a bridge, an accessory and a service: the specification's own limits (2.3.1 to 2.3.3)."""

TOO_MANY: Final = f"it has more than {MAX_ACCESSORIES} accessories; the others are left out"

MAX_POINTS: Final = 400
"""Characteristics of one accessory that are read: a television with its inputs has some 150."""

MAX_PROBLEMS: Final = 8
"""Lines about what could not be read: who wants more has a broken accessory."""

MAX_TEXT_CHARACTERS: Final = 1024
"""Of a value that is a text: four times the specification's usual limit."""

MAX_VALID_VALUES: Final = 64

_BASE: Final = "-0000-1000-8000-0026BB765291"
_SHORT: Final = re.compile(r"[0-9A-F]{1,8}")
_LONG: Final = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_MAX_ID: Final = 2**53
"""Ids are 64-bit numbers to the specification; JSON keeps those up to here exactly."""


@dataclass(frozen=True, slots=True)
class Characteristic:
    """`type` is short for Apple's own (`25` for On), a whole UUID for others."""

    iid: int
    type: str
    format: str
    perms: frozenset[str]
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    valid: tuple[int, ...] = ()
    max_length: int = 64
    description: str = ""
    value: Json = None

    @property
    def readable(self) -> bool:
        return "pr" in self.perms

    @property
    def writable(self) -> bool:
        """What wants additional authorisation data (`aa`) cannot be written: nobody here could give them."""
        return "pw" in self.perms and "aa" not in self.perms

    @property
    def tells(self) -> bool:
        return "ev" in self.perms

    @property
    def timed(self) -> bool:
        return "tw" in self.perms


@dataclass(frozen=True, slots=True)
class Service:
    iid: int
    type: str
    characteristics: tuple[Characteristic, ...]
    hidden: bool = False

    def get(self, kind: str) -> Characteristic | None:
        return next((one for one in self.characteristics if one.type == kind), None)

    def text(self, kind: str) -> str:
        found = self.get(kind)
        return found.value.strip() if found is not None and isinstance(found.value, str) else ""


@dataclass(frozen=True, slots=True)
class Accessory:
    aid: int
    services: tuple[Service, ...]
    problems: tuple[str, ...] = ()

    @property
    def information(self) -> Service | None:
        return next((one for one in self.services if one.type == "3E"), None)

    def each(self) -> Iterator[Characteristic]:
        for service in self.services:
            yield from service.characteristics


@dataclass(slots=True)
class Problems:
    """Lines for people, each once, and not many."""

    lines: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, text: str) -> None:
        if text in self.lines:
            return
        if len(self.lines) < MAX_PROBLEMS:
            self.lines.append(text)
        else:
            self.more += 1

    def told(self) -> tuple[str, ...]:
        return (*self.lines, f"and {self.more} more things like that") if self.more else tuple(self.lines)


class BadDatabase(Exception):
    """It is no attribute database at all."""


def raw_accessories(document: object) -> tuple[Sequence[Mapping[str, Any]], bool]:
    """The accessories of `/accessories`, not looked at yet, and whether there were more. Raises `BadDatabase`."""
    listed = document.get("accessories") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise BadDatabase("it tells no list of accessories")
    found = [one for one in listed[:MAX_ACCESSORIES] if isinstance(one, dict)]
    if not found:
        raise BadDatabase("its list of accessories is empty")
    return found, len(listed) > MAX_ACCESSORIES


def accessory(raw: Mapping[str, Any]) -> Accessory | None:
    """One accessory; None for what is none."""
    aid = _ident(raw.get("aid"))
    if aid is None:
        return None
    problems, seen, services = Problems(), set[int](), list[Service]()
    listed = raw.get("services")
    listed = listed if isinstance(listed, list) else []
    if len(listed) > MAX_SERVICES:
        problems.add(f"it has {len(listed)} services; only the first {MAX_SERVICES} are read")
    points = 0
    for one in listed[:MAX_SERVICES]:
        service = _service(one, seen, problems)
        if service is None:
            continue
        points += len(service.characteristics)
        if points > MAX_POINTS:
            problems.add(f"it has more than {MAX_POINTS} characteristics; the others are left out")
            break
        services.append(service)
    return Accessory(aid, tuple(services), problems.told())


def _service(raw: object, seen: set[int], problems: Problems) -> Service | None:
    if not isinstance(raw, dict):
        problems.add("a service of it is none")
        return None
    iid, kind = _ident(raw.get("iid")), _type(raw.get("type"))
    if iid is None or not kind or iid in seen:
        problems.add("a service has no id, no type, or the id of another one: it is left out")
        return None
    seen.add(iid)
    listed = raw.get("characteristics")
    listed = listed if isinstance(listed, list) else []
    if len(listed) > MAX_CHARACTERISTICS:
        problems.add(f"a service has {len(listed)} characteristics; the first {MAX_CHARACTERISTICS} are read")
    found = [_characteristic(one, seen, problems) for one in listed[:MAX_CHARACTERISTICS]]
    return Service(
        iid, kind, tuple(one for one in found if one is not None), hidden=raw.get("hidden") is True
    )


def _characteristic(raw: object, seen: set[int], problems: Problems) -> Characteristic | None:
    if not isinstance(raw, dict):
        problems.add("a characteristic of it is none")
        return None
    iid, kind, perms = _ident(raw.get("iid")), _type(raw.get("type")), raw.get("perms")
    if iid is None or not kind or iid in seen or not isinstance(perms, list):
        problems.add(
            "a characteristic has no id, no type, no permissions, or the id of another one: it is left out"
        )
        return None
    seen.add(iid)
    valid = raw.get("valid-values")
    most = _finite(raw.get("maxLen"))
    return Characteristic(
        iid,
        kind,
        _short_text(raw.get("format"), 16),
        frozenset(one for one in perms[:16] if isinstance(one, str)),
        _short_text(raw.get("unit"), 16),
        _finite(raw.get("minValue")),
        _finite(raw.get("maxValue")),
        step if (step := _finite(raw.get("minStep"))) and step > 0 else None,
        tuple(one for one in valid[:MAX_VALID_VALUES] if type(one) is int) if isinstance(valid, list) else (),
        int(min(max(most, 1), MAX_TEXT_CHARACTERS)) if most else 64,
        _short_text(raw.get("description"), 64),
        plain(raw.get("value")),
    )


def plain(value: object) -> Json:
    """A value as it may be: a finite number, a short text, true or false. None for everything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str) and len(value) <= MAX_TEXT_CHARACTERS else None


def _ident(value: object) -> int | None:
    return value if type(value) is int and 0 < value < _MAX_ID else None


def _finite(value: object) -> float | None:
    return value if type(value) in (int, float) and math.isfinite(value) else None  # type: ignore[arg-type,return-value]


def _short_text(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _type(value: object) -> str:
    """Short for Apple's own; "" for what is no type."""
    text = value.upper() if isinstance(value, str) and len(value) <= 40 else ""
    if _LONG.fullmatch(text):
        return text.removesuffix(_BASE).lstrip("0") or text if text.endswith(_BASE) else text
    return text.lstrip("0") if _SHORT.fullmatch(text) else ""
