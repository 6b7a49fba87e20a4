"""Registers → values, and back. Pure.

Sources: MODBUS Application Protocol V1.1b3, section 4.2 (a register is sent high byte first). How a device lays a number of 32
bits over two registers no standard says: a profile does.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.modbus.profile import NUMBERS, Order, Place, PropertyTable

_FORMATS: Final = {
    "u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q", "f32": ">f", "enum": ">H", "bool": ">H",
    "bit": ">H",
}  # fmt: skip

STEP_TOLERANCE: Final = 1e-6
"""Of one step: what a number in binary is beside its decimal one."""


class Unreadable(Exception):
    """What was read is no value: why, for a person."""


class Unwritable(Exception):
    """What was asked for cannot be written: why, and what can."""


def raw_of(place: Place, registers: Sequence[int], words: Order, order: Order) -> int | float | str:
    """What stands in `registers` (as many as `place` is wide). Raises `Unreadable`."""
    data = _bytes(registers, place.word_order or words, place.byte_order or order)
    if place.type == "string":
        text = data.split(b"\0", 1)[0].decode("ascii", "replace")
        return "".join(c for c in text if c.isprintable() and c != "\ufffd").strip()
    number: int | float = struct.unpack(_FORMATS[place.type], data)[0]
    if isinstance(number, float):
        if not math.isfinite(number):
            raise Unreadable("is no number")
        return float(f"{number:.7g}")  # as many digits as 32 bits hold
    return number


def value_of(of: PropertyTable, raw: int | float | str) -> Json:
    """The value that `raw` means. Raises `Unreadable`."""
    if isinstance(raw, str):
        return raw
    if of.type == "bool":
        if raw not in {of.on, of.off}:
            raise Unreadable(f"is {raw}, which means neither on ({of.on}) nor off ({of.off})")
        return raw == of.on
    if of.type == "bit":
        return bool(int(raw) >> (of.bit or 0) & 1)
    if of.type == "enum":
        options = {**of.options, **of.shown}
        if str(raw) not in options:
            raise Unreadable(f"is {raw}, which is none of its options")
        return options[str(raw)]
    if raw in of.invalid:
        raise Unreadable(f"is {raw}, by which the device says that it has no value")
    return _in_range(of, _scaled(of, raw))


def words_of(of: PropertyTable, value: Json, words: Order, order: Order) -> list[int] | bool:
    """What to write so that the property becomes `value`: registers, or a bit for a coil. Raises `Unwritable`."""
    if of.type == "bool":
        if not isinstance(value, bool):
            raise Unwritable("takes true or false")
        return value if of.writes_to[0] == "coil" else [of.on if value else of.off]
    if of.type == "enum":
        if not isinstance(value, str) or value not in of.options.values():
            raise Unwritable(f"takes one of {', '.join(of.options.values())}")
        raw: int | float = next(int(raw) for raw, text in of.options.items() if text == value)
    else:
        raw = _unscaled(of, value)
    return _registers(struct.pack(_FORMATS[of.type], raw), of.word_order or words, of.byte_order or order)


def _scaled(of: PropertyTable, raw: int | float) -> float | int:
    if of.scale == 1 and of.offset == 0:
        return raw
    value = raw * of.scale + of.offset
    return value if of.type == "f32" else round(value, max(_digits(of.scale), _digits(of.offset)))


def _in_range(of: PropertyTable, value: float) -> float:
    low = -math.inf if of.minimum is None else of.minimum
    high = math.inf if of.maximum is None else of.maximum
    if not low <= value <= high:
        raise Unreadable(f"is {value:g}, and can only be {low:g} to {high:g}")
    return value


def _unscaled(of: PropertyTable, value: Json) -> int | float:
    assert of.type in NUMBERS, "a profile lets nothing else be written"
    low, high = of.write_range
    assert low is not None
    assert high is not None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unwritable("takes a number")
    if not low <= value <= high:
        raise Unwritable(f"takes {low:g} to {high:g}{' ' * bool(of.unit)}{of.unit}")
    raw = (value - of.offset) / of.scale
    if of.type == "f32":
        return raw
    if abs(raw - round(raw)) > STEP_TOLERANCE:
        raise Unwritable(f"goes in steps of {abs(of.scale):g}")
    smallest, largest = _limits(of.type)
    if not smallest <= round(raw) <= largest:
        raise Unwritable("does not fit into the register of this device")
    return round(raw)


def _limits(type_: str) -> tuple[int, int]:
    bits = int(type_[1:])
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if type_[0] == "s" else (0, (1 << bits) - 1)


def _digits(number: float) -> int:
    """Decimals of `number` as it is written."""
    text = f"{number:.12f}".rstrip("0")
    return len(text) - text.index(".") - 1


def _bytes(registers: Sequence[int], words: Order, order: Order) -> bytes:
    turned = registers if words == "big" else list(reversed(registers))
    return b"".join(register.to_bytes(2, order) for register in turned)


def _registers(data: bytes, words: Order, order: Order) -> list[int]:
    registers = [int.from_bytes(data[at : at + 2], order) for at in range(0, len(data), 2)]
    return registers if words == "big" else registers[::-1]
