"""Anybody may send anything: nothing gets out, nothing grows, and what is told is of the right type."""

from __future__ import annotations

import asyncio
import math
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.readings import Report
from capabilities.vocabulary import KINDS
from drivers.ble.addresses import follows
from drivers.ble.advertised import Advertised
from drivers.ble.bounds import MAX_COMPONENTS, MAX_DEVICES, Allowance, clean
from drivers.ble.decoders import bthome, xiaomi
from drivers.ble.decoders.decoder import Measured
from drivers.ble.decoders.table import ROWS
from drivers.ble.gatt import outputs
from drivers.ble.gatt.values import NUMBERS, medfloat16
from drivers.ble.meanings import channel_of
from drivers.discovery.seen import Advertisement
from tests.drivers.ble_bench import SENSOR, heard
from tests.drivers.ble_frames import (
    KEY,
    MI_TEMPERATURE,
    TEMPERATURE,
    bthome_locked,
    mibeacon,
)
from tests.drivers.ble_frames import (
    bthome as plain,
)

UUIDS = [uuid for row in ROWS for uuid in row.service_data]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(UUIDS), st.binary(max_size=64), st.integers(0, 3)), max_size=8),
    st.booleans(),
)
def test_no_service_data_gets_an_exception_out(frames: list[tuple[str, bytes, int]], keyed: bool) -> None:
    for row, module in zip(ROWS, (bthome, xiaomi), strict=True):
        told = Advertised(SENSOR, row, module.open_decoder(KEY if keyed else None), keyed=keyed)
        for n, (uuid, raw, form) in enumerate(frames):
            data = [raw, b"\x40" + raw, mibeacon(SENSOR, n, raw), bthome_locked(SENSOR, n + 1, raw)][form]
            result = told.hear(heard(data, uuid=uuid), float(n))
            for one in result[0] if result else ():
                if isinstance(one, Report):
                    value = one.reading.value
                    assert isinstance(value, bool | int | float | str)
                    assert not isinstance(value, float) or math.isfinite(value)
        points = [a.point for c in told.components() for a in c.affordances]
        assert len(points) == len(set(points)) <= MAX_COMPONENTS + 1
        assert all(c.kind in KINDS for c in told.components())


@given(
    st.text(max_size=20),
    st.text(max_size=10),
    st.one_of(st.booleans(), st.floats(), st.integers(), st.text()),
    st.booleans(),
)
def test_whatever_a_parser_calls_it_becomes_a_component(
    key: str, unit: str, value: Any, binary: bool
) -> None:
    told = Measured(key, key, value, unit, binary)
    channel = channel_of(SENSOR, told)
    assert channel.component.kind in KINDS
    channel.value(value)


@given(st.binary(max_size=8))
def test_no_characteristic_gets_an_exception_out(raw: bytes) -> None:
    for number in NUMBERS.values():
        value = number.decode(raw)
        assert value is None or math.isfinite(value)
    assert medfloat16(raw[:2]) is None or math.isfinite(float(medfloat16(raw[:2]) or 0))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=64))
def test_outputs_are_packed_and_read_alike(states: list[int]) -> None:
    assert outputs.signals(outputs.packed(states), len(states)) == states


@given(st.binary(max_size=8), st.integers(1, 64))
def test_what_is_not_told_of_outputs_is_unknown(raw: bytes, count: int) -> None:
    states = outputs.signals(raw, count)
    assert len(states) == count
    assert all(one == outputs.UNKNOWN for one in states[len(raw) * 4 :])


@given(st.text(), st.one_of(st.none(), st.integers(), st.dictionaries(st.text(), st.text())))
def test_no_address_gets_an_exception_out(address: str, handle: Any) -> None:
    follows(Advertisement(address, "", 0, 0.0, handle=handle))


@given(st.text())
def test_a_name_becomes_one_short_line(name: str) -> None:
    assert clean(name).isprintable()
    assert len(clean(name)) <= 64


@given(st.lists(st.floats(0, 10), max_size=200))
def test_an_allowance_is_never_exceeded(gaps: list[float]) -> None:
    bucket, now, taken = Allowance(2.0, 5.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
    assert taken <= 5 + 2 * now + 1


async def test_a_parser_that_fails_is_counted_and_harms_nobody(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a parser's own mistake")

    bench.say(plain(TEMPERATURE))
    monkeypatch.setattr("bthome_ble.parser.BTHomeBluetoothDeviceData.update", broken)
    bench.say(plain(bytes.fromhex("020000")))
    assert bench.driver.health().counters["unreadable"] == 1
    bench.say(mibeacon("a4:c1:38:00:00:02", 1, MI_TEMPERATURE), address="a4:c1:38:00:00:02", uuid=UUIDS[-2])
    assert [one.id for one in await bench.found()] == [SENSOR, "a4:c1:38:00:00:02"]


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def test_fifty_thousand_strangers_cost_little_and_the_thing_is_heard(bench: Any) -> None:
    chance = random.Random(7)
    bench.say(plain(TEMPERATURE))
    await bench.found()
    before = resident_mb()
    began, longest = time.perf_counter(), 0.0
    for n in range(50_000):
        address = ":".join(f"{one:02x}" for one in (0xC0 | n >> 16, *chance.randbytes(5)))
        said = heard(plain(chance.randbytes(6)), address=address, name="x" * 248, kind="random")
        one = time.perf_counter()
        bench.radio.say(said)
        longest = max(longest, time.perf_counter() - one)
        if n % 100 == 0:
            bench.clock.ahead += 0.02
            await asyncio.sleep(0)
    took = time.perf_counter() - began
    assert len(bench.driver._devices) <= MAX_DEVICES + 1
    assert resident_mb() - before < 30
    assert longest < 0.25
    assert took < 20
    assert bench.driver.health().counters["turned_away"] > 40_000
    assert any("made-up addresses" in one for one in bench.driver.health().problems)
    await bench.seen()
    bench.say(plain(bytes.fromhex("02ca08")))
    assert (await bench.values())["temperature#temperature"] == 22.5


async def test_a_flood_in_a_things_name_is_cut(bench: Any) -> None:
    for n in range(5_000):
        bench.say(plain(b"\x02" + (n % 30_000).to_bytes(2, "little")))
    assert bench.driver.health().counters["skipped"] > 4_000
    assert len(await bench.values()) <= 2
