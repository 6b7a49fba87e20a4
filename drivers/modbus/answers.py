"""What the answer to a read says: each point's value, and who the device is. No I/O; the driver and a replay both use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from drivers.modbus.blocks import Point
from drivers.modbus.describing import slug
from drivers.modbus.profile import Place, ProfileTable
from drivers.modbus.refusals import ACKNOWLEDGE, BUSY, NOT_REACHED
from drivers.modbus.values import Unreadable, raw_of, value_of

NO_SERIAL_NUMBERS: Final = frozenset({"", "0", "65535", "4294967295", "18446744073709551615"})
"""What devices tell that were given none."""


@dataclass(frozen=True, slots=True)
class Said:
    """One point's value, or why it has none."""

    point: Point
    value: Json
    problem: str = ""


def said(profile: ProfileTable, points: Iterable[Point], start: int, values: Sequence[int]) -> Iterator[Said]:
    """What stands in `values` (registers or bits) from the address `start` on. All of `points` are within."""
    for point in points:
        at = point.of.register_ - start
        yield _said(profile, point, values[at : at + point.of.width])


def _said(profile: ProfileTable, point: Point, values: Sequence[int]) -> Said:
    of = point.of
    if of.is_bit:
        return Said(point, bool(values[0]))
    try:
        return Said(point, value_of(of, raw_of(of, values, profile.word_order, profile.byte_order)))
    except Unreadable as error:
        return Said(point, None, str(error))


def means_refusal(exception: int) -> bool:
    """Whether the device does not tell what was asked for; else it could not be reached, or asks for patience."""
    return exception not in {ACKNOWLEDGE, BUSY} and exception not in NOT_REACHED


def serial_of(profile: ProfileTable, place: Place, registers: Sequence[int]) -> str:
    """Empty where it tells none."""
    try:
        number = str(raw_of(place, registers, profile.word_order, profile.byte_order))
    except Unreadable:
        return ""
    return number


def id_of(profile: ProfileTable, serial: str) -> str:
    """What a device with this serial number is known by."""
    return f"{slug(profile.manufacturer)}:{serial}"
