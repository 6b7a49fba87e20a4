"""Registers → values and back, for every type and order."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.profile import WIDTHS, PropertyTable
from drivers.modbus.values import Unreadable, Unwritable, raw_of, value_of, words_of

ORDERS = st.sampled_from(["big", "little"])
RANGES = {
    "u16": (0, 65535), "s16": (-32768, 32767), "u32": (0, 2**32 - 1), "s32": (-(2**31), 2**31 - 1), "u64": (0, 2**64 - 1),
    "s64": (-(2**63), 2**63 - 1),
}  # fmt: skip


def table(**members: Any) -> PropertyTable:
    return PropertyTable.model_validate({"name": "value", "table": "holding", "register": 0, **members})


def read(of: PropertyTable, *registers: int) -> Any:
    return value_of(of, raw_of(of, registers, "big", "big"))


@given(st.sampled_from(sorted(RANGES)), st.data(), ORDERS, ORDERS)
def test_whole_numbers_come_back_as_they_went(
    type_: str, data: st.DataObject, words: Any, order: Any
) -> None:
    low, high = RANGES[type_]
    exact = 2**53  # a range is told in floats
    of = table(type=type_, writable=True, minimum=max(low, -exact), maximum=min(high, exact))
    value = data.draw(st.integers(max(low, -exact), min(high, exact)))
    written = words_of(of, value, words, order)
    assert isinstance(written, list)
    assert len(written) == WIDTHS[type_]
    assert all(0 <= register <= 65535 for register in written)
    assert value_of(of, raw_of(of, written, words, order)) == value


@given(st.floats(-1e6, 1e6, width=32), ORDERS, ORDERS)
def test_floats_come_back_with_seven_digits(value: float, words: Any, order: Any) -> None:
    of = table(type="f32", writable=True, minimum=-1e7, maximum=1e7)
    written = words_of(of, value, words, order)
    assert isinstance(written, list)
    back = value_of(of, raw_of(of, written, words, order))
    assert back == pytest.approx(value, rel=1e-6, abs=1e-30)


@given(
    st.lists(st.integers(0, 65535), min_size=1, max_size=32),
    st.sampled_from([*WIDTHS, "string"]),
    ORDERS,
    ORDERS,
)
def test_any_registers_are_a_value_or_unreadable(
    registers: list[int], type_: str, words: Any, order: Any
) -> None:
    width = len(registers) if type_ == "string" else WIDTHS[type_]
    registers = (registers * 4)[:width]
    extra: dict[str, Any] = {
        "string": {"length": width},
        "bit": {"bit": 3},
        "enum": {"options": {"0": "off"}},
    }
    of = table(type=type_, **extra.get(type_, {}))
    try:
        value = value_of(of, raw_of(of, registers, words, order))
    except Unreadable:
        return
    assert isinstance(value, bool | int | float | str)
    assert not isinstance(value, float) or math.isfinite(value)
    assert not isinstance(value, str) or value.isprintable()


def test_a_scale_leaves_no_dust() -> None:
    of = table(type="s16", scale=0.1, unit="°C")
    assert [read(of, raw) for raw in (235, 0xFF33, 3, 0)] == [23.5, -20.5, 0.3, 0]
    assert read(table(type="u16", scale=0.01, offset=-40), 6523) == 25.23


def test_words_are_laid_as_the_profile_says() -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", 230.1))
    assert read(table(type="f32"), high, low) == 230.1
    assert read(table(type="f32", word_order="little"), low, high) == 230.1
    assert read(table(type="u32", byte_order="little"), 0x3412, 0x7856) == 0x12345678


@pytest.mark.parametrize(
    ("members", "registers", "why"),
    [
        ({"type": "f32"}, (0x7FC0, 0), "no number"),
        ({"type": "f32"}, (0x7F80, 0), "no number"),
        ({"type": "u16", "maximum": 100, "minimum": 0}, (101,), "0 to 100"),
        ({"type": "u16", "invalid": [0x8000]}, (0x8000,), "no value"),
        ({"type": "enum", "options": {"0": "off"}}, (7,), "none of its options"),
        ({"type": "bool"}, (2,), "neither on"),
    ],
)
def test_what_cannot_be_is_unreadable(members: dict[str, Any], registers: tuple[int, ...], why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(table(**members), *registers)


@pytest.mark.parametrize(
    ("members", "value", "why"),
    [
        ({"type": "u16", "minimum": 6, "maximum": 16, "scale": 0.1}, 5.9, "6 to 16"),
        ({"type": "u16", "minimum": 6, "maximum": 16, "scale": 0.1}, 16.1, "6 to 16"),
        ({"type": "u16", "minimum": 6, "maximum": 16, "scale": 0.1}, 10.05, "steps of 0.1"),
        ({"type": "u16", "minimum": 6, "maximum": 16, "scale": 0.1}, float("nan"), "a number"),
        ({"type": "u16", "minimum": 6, "maximum": 16}, True, "a number"),
        ({"type": "u16", "minimum": -5, "maximum": 16}, -5, "does not fit"),
        ({"type": "u16", "minimum": 0, "maximum": 16, "write_minimum": 6}, 5, "6 to 16"),
        ({"type": "enum", "options": {"0": "off"}, "shown": {"1": "fault"}}, "fault", "one of off"),
        ({"type": "bool"}, 1, "true or false"),
    ],
)
def test_nothing_out_of_range_goes_out(members: dict[str, Any], value: Any, why: str) -> None:
    with pytest.raises(Unwritable, match=why):
        words_of(table(writable=True, **members), value, "big", "big")


@given(
    st.integers(-1000, 1000),
    st.integers(1, 500),
    st.sampled_from([0.1, 0.01, 0.5, 1, 2, 10]),
    st.integers(-50, 50),
)
def test_every_step_of_a_range_can_be_written_and_is_read_back(
    low: int, steps: int, scale: float, offset: int
) -> None:
    first = round(low * scale + offset, 2)
    last = round((low + steps) * scale + offset, 2)
    of = table(type="s16", writable=True, scale=scale, offset=offset, minimum=first, maximum=last)
    for raw in {low, low + steps // 2, low + steps}:
        value = round(raw * scale + offset, 2)
        written = words_of(of, value, "big", "big")
        assert isinstance(written, list)
        assert read(of, *written) == value


def test_switches_that_are_numbers() -> None:
    of = table(type="bool", on=0xFF00, off=0, writable=True)
    assert words_of(of, True, "big", "big") == [0xFF00]
    assert read(of, 0xFF00) is True
    assert read(of, 0) is False
    assert [read(table(type="bit", bit=bit), 0b100) for bit in (1, 2, 3)] == [False, True, False]
