"""From start to end: what a restart keeps, what goes on under another name, what is kept no longer."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Privacy
from gateway.app import open_gateway
from gateway.config import Config
from gateway.history.compacting import put_rows
from gateway.history.desk import Unavailable
from gateway.history.file import SCHEMA, HistoryFile, NewerFile, StoredSeries, opened
from gateway.history.levels import GOOD, WIDTH_S, Level, TooMuch
from gateway.history.log import MOST_POINTS, Log, unpack
from gateway.history.packing import unpack_rows
from gateway.history.reading import stored_rows
from gateway.history.retaining import merge, retain
from gateway.history.rolling import fixed, rolled
from gateway.history.rows import NOTHING, points
from gateway.history.settings import HistorySettings, Keeping
from gateway.history.work import Question, Span, Wish, draw
from tests.gateway.api.desk import DeskDriver, House, lamp, lock, sensor
from tests.gateway.contracts.hand_clock import HandClock

DAY_S = 86_400.0


@asynccontextmanager
async def run(config: Config, clock: HandClock) -> AsyncIterator[House]:
    driver = DeskDriver()
    async with open_gateway(config, drivers={"desk": driver}, clock=clock) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        yield House(gateway, driver, "", config.socket)


async def columns(house: House, thing: str, name: str, begin: float, level: Level | None = None) -> Any:
    gateway = house.gateway
    await gateway.history.opened()
    question = gateway.history.question((thing, name))
    followed = gateway.history.recorder.get((thing, name))
    assert question is not None
    assert followed is not None
    now = gateway.clock.wall()
    wish = Wish(Span(begin, now, now, gateway.history.zone), 500, level, followed.keeps)
    told = await gateway.history.ask(lambda file: draw(file, question(wish)))
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in told.items()}


async def test_while_the_gateway_does_not_run_nothing_is_known(config: Config, clock: HandClock) -> None:
    began = clock.now
    async with run(config, clock) as house:
        await house.adopt(sensor(), lock())
        await house.known("attic", "temperature", 20.0)
        await house.known("door", "state", "locked")
        clock.move(100)
    clock.move(500)
    async with run(config, clock) as house:
        await house.known("door", "state", "unlocked")  # in a run that does not know the words yet
        clock.move(50)
        await house.known("door", "state", "locked")
        await house.known("attic", "temperature", 21.0)
        clock.move(60)
        told = await columns(house, "attic", "temperature", began)
        assert told["gaps"] == [[began + 100, began + 650]]
        assert told["mean"][0] == 20.0
        assert told["mean"][-1] == 21.0
        door = await columns(house, "door", "state", began)
        assert door["states"] == ["locked", "unlocked"]
        assert [one for one in door["state"] if one is not None] == [0, 1, 0]


async def test_a_crash_takes_a_minute_at_most(config: Config, clock: HandClock) -> None:
    """What was written is there, whatever was not: the file is copied as a kill would leave it."""
    async with run(config, clock) as house:
        await house.adopt(sensor())
        await house.known("attic", "temperature", 20.0)
        clock.move(60)
        await house.gateway.history.settle()
        await house.known("attic", "temperature", 25.0)
        for end in ("", "-wal"):
            file = config.state_dir / f"history.db{end}"
            (config.state_dir / f"killed.db{end}").write_bytes(file.read_bytes())
    left = opened(config.state_dir / "killed.db")
    logs = [unpack(block) for block in left.blocks()]
    left.close()
    assert [value for one in logs for value in one.value] == [20.0]


async def test_a_brief_run_leaves_no_file(config: Config, clock: HandClock) -> None:
    async with run(config, clock) as house:
        await house.adopt(sensor())
        await house.known("attic", "temperature", 20.0)
    assert not (config.state_dir / "history.db").exists()


async def test_a_property_with_another_name_goes_on(config: Config, clock: HandClock) -> None:
    def plug(name: str) -> Any:
        found = lamp("plug")
        power = AffordanceDescription(name, "plug/power")
        component = ComponentDescription("plug", "power", (power,), fingerprint="1")
        return replace(found, components=(component,))

    began = clock.now
    async with run(config, clock) as house:
        await house.adopt(plug("power"))
        await house.known("plug", "power", 5.0)
        clock.move(100)
        history = house.gateway.history
        await history.settle()
        followed = history.recorder.get(("plug", "power"))
        assert followed is not None
        adopted = house.gateway.registry["plug"]
        renamed = adopted.slots.pop("power")
        slot = type(renamed)(("plug", "draw"), replace(renamed.property, name="draw"), adopted.reach)
        adopted.slots["draw"] = slot
        history.recorder.look_at(adopted)
        assert history.recorder.get(("plug", "draw")) is followed
        assert history.recorder.get(("plug", "power")) is None
        await history.settle()
        assert (await columns(house, "plug", "draw", began))["mean"] == [5.0]


async def test_another_kind_of_value_begins_a_series_of_its_own(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    recorder = house.gateway.history.recorder
    await house.known("attic", "temperature", 20.0)
    first = recorder.get(("attic", "temperature"))
    assert first is not None
    recorder._note(first, clock.now, "warm", "good")
    second = recorder.get(("attic", "temperature"))
    assert second is not None
    assert second is not first
    assert (first.kind, second.kind) == ("number", "state")


async def test_a_clock_that_is_put_on_leaves_a_gap(house: House, clock: HandClock) -> None:
    class Leaping:
        ahead = 0.0

        def wall(self) -> float:
            return clock.now + self.ahead

        def monotonic(self) -> float:
            return clock.now

    leaping = Leaping()
    history = house.gateway.history
    history._clock = leaping
    history.recorder._clock = leaping
    await house.adopt(sensor())
    await house.known("attic", "temperature", 20.0)
    began = clock.now
    clock.move(60)
    leaping.ahead = 7_200.0
    clock.move(60)
    await history.settle()
    followed = history.recorder.get(("attic", "temperature"))
    assert followed is not None
    logs = await history.ask(lambda file: [unpack(block) for block in file.blocks()])
    assert [(t, code) for one in logs for t, code in zip(one.t, one.code, strict=True)] == [
        (began, 0),
        (began + 120, 4),
        (began + 7_320, 0),
    ]


async def test_a_thing_that_is_forgotten_just_after_a_start_takes_its_past_along(
    config: Config, clock: HandClock
) -> None:
    async with run(config, clock) as house:
        await house.adopt(sensor(), lamp())
        await house.known("attic", "temperature", 20.0)
        await house.known("lamp", "on", True)
        clock.move(100)
    async with run(config, clock) as house:
        await house.gateway.registry.forget("attic", by="test")
        await house.gateway.history.settle()
        left = await house.gateway.history.ask(HistoryFile.series)
        assert [one.thing for one in left] == ["lamp"]
        blocks = await house.gateway.history.ask(lambda file: [unpack(block) for block in file.blocks()])
        assert {number for one in blocks for number in one.series} == {left[0].id}


async def test_a_disk_that_fails_loses_nothing(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    history = house.gateway.history
    await house.known("attic", "temperature", 20.0)
    await history.opened()
    real, broken = history._desk.do, True

    async def failing(what: Any) -> Any:
        if broken:
            raise sqlite3.OperationalError("database or disk is full")
        return await real(what)

    history._desk.do = failing  # type: ignore[method-assign]
    await history.settle()
    assert history.counters["failed"] == 1
    clock.move(60)
    await house.known("attic", "temperature", 21.0)
    broken = False
    await history.settle()
    logs = await history.ask(lambda file: [unpack(block) for block in file.blocks()])
    assert [value for one in logs for value in one.value] == [20.0, 21.0]


def test_the_log_is_bounded_and_comes_back() -> None:
    log = Log()
    for number in range(1_000):
        log.add(number % 7, number * 0.25, math.sin(number), number % 5)
    again = unpack(log.pack())
    assert (again.series, again.t, again.value, again.code) == (log.series, log.t, log.value, log.code)
    with pytest.raises(ValueError, match="journal"):
        unpack(log.pack()[:-3])
    assert MOST_POINTS * 21 < 2_000_000


async def test_what_there_is_no_room_for_is_counted(house: House) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 20.0)
    recorder = house.gateway.history.recorder
    followed = recorder.get(("attic", "temperature"))
    assert followed is not None
    for number in range(MOST_POINTS + 5):
        recorder._add(followed, float(number), 1.0, GOOD)
    assert (len(recorder.log), recorder.lost) == (MOST_POINTS, 6)
    recorder.take()


async def test_a_damaged_file_is_put_aside(config: Config, clock: HandClock) -> None:
    config.state_dir.mkdir(parents=True)
    (config.state_dir / "history.db").write_bytes(b"this was a database once" * 500)
    async with run(config, clock) as house:
        await house.adopt(sensor())
        await house.known("attic", "temperature", 20.0)
        clock.move(1)
        assert (await columns(house, "attic", "temperature", clock.now - 60))["mean"] == [20.0]
    assert (config.state_dir / "history.db.damaged").exists()


async def test_what_is_closed_stays_closed(config: Config, clock: HandClock) -> None:
    async with run(config, clock) as house:
        await house.adopt(sensor())
        await house.known("attic", "temperature", 20.0)
        clock.move(60)
    with pytest.raises(Unavailable):
        await house.gateway.history.opened()
    await house.gateway.history.settle()
    assert house.gateway.history.counters["failed"] <= 1


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "history.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NewerFile):
        opened(tmp_path / "history.db")


# -------------------------------------------------------------------- what is kept how long


def stored(file: HistoryFile) -> StoredSeries:
    one = StoredSeries("attic", "temperature", "desk attic t", "°C", "number", False, 0.0)
    with file.transaction():
        file.put_series(one)
    return one


@given(
    st.lists(st.integers(1, 5_000), min_size=1, max_size=60),
    st.sampled_from([Level.MINUTE, Level.QUARTER, Level.HOUR]),
    st.integers(0, 200_000),
    st.integers(1, 5),
)
@settings(max_examples=25)
def test_what_is_young_enough_stays_and_what_held(
    steps: list[int], level: Level, age: int, chunks: int
) -> None:
    file = HistoryFile(_memory(), Path("nowhere"))
    one, width = stored(file), WIDTH_S[level]
    t = (np.cumsum(np.array(steps)) * 60.0).tolist()
    rows = rolled(points(t, [float(n) for n in range(len(t))], [GOOD] * len(t)), NOTHING, fixed(width))
    for part in np.array_split(np.arange(len(rows)), chunks):
        if len(part):
            put_rows(file, one.id, level, rows.where(slice(int(part[0]), int(part[-1]) + 1)))
    now = t[-1] + 60.0
    cutoff = math.ceil((now - age) / width) * width
    held = rows.held(cutoff, NOTHING)
    retain(file, now, lambda series, its: float(age) if its is level and age else math.inf if age else 0.0)
    merge(file, now + 2_000 * DAY_S)
    left = stored_rows(file, one.id, level, 0.0, math.inf)
    if not age:
        assert len(left) == 0
        return
    young = rows.between(cutoff, math.inf)
    assert (
        left.between(cutoff + (1 if len(young) == 0 or young.t[0] != cutoff else 0), math.inf).t.tolist()
        == young.t.tolist()
    )
    assert not len(left) or left.t[0] >= cutoff
    if held.value == held.value and (len(young) == 0 or young.t[0] != cutoff):
        assert (float(left.last[0]), float(left.t[0])) == (held.value, cutoff)
    pieces = file.db.execute("SELECT data FROM piece").fetchall()
    assert sum(len(unpack_rows(data)) for (data,) in pieces) == len(left)


def _memory() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(SCHEMA.read_text("utf-8"))
    return db


def test_what_would_take_too_long_is_refused() -> None:
    file = HistoryFile(_memory(), Path("nowhere"))
    one, keeps = stored(file), dict.fromkeys(Level, math.inf)
    for days, refused in ((100, False), (110, True)):
        wish = Wish(Span(0.0, days * DAY_S, 1e9, None), 500, Level.MINUTE, keeps)
        with pytest.raises(TooMuch) if refused else nullcontext():
            draw(file, Question(one, Log(), 0, wish))


def test_how_long_what_is_kept() -> None:
    house = HistorySettings(
        minute="90d",
        of=(
            Keeping(thing="oven", property="power", raw="7d"),
            Keeping(capability="power.*", keep="none"),
            Keeping(capability="occupancy.occupied"),
            Keeping(capability="lock.*"),
        ),
    )
    public, sensitive = Privacy.PUBLIC, Privacy.SENSITIVE
    assert house.kept("oven", "power", "power.power", public)[Level.RAW] == 7 * DAY_S
    assert house.kept("oven", "power", "power.power", public)[Level.MINUTE] == 90 * DAY_S
    assert house.kept("lamp", "power", "power.power", public) == {}
    assert house.kept("hall", "occupied", "occupancy.occupied", sensitive)[Level.DAY] == math.inf
    assert house.kept("door", "state", "lock.state", sensitive) == {}  # a wildcard names nothing sensitive
    assert house.kept("attic", "temperature", "temperature.temperature", public)
    nothing = HistorySettings(keep="none", of=(Keeping(capability="power.*"),))
    assert nothing.kept("attic", "temperature", "temperature.temperature", public) == {}
    assert nothing.kept("lamp", "power", "power.power", public)


@pytest.mark.parametrize("wrong", [{"raw": "soon"}, {"quarter": "1d"}, {"quarter": "none"}, {"day": "0d"}])
def test_what_is_no_time_is_said(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is no time|at least 3d"):
        HistorySettings(**wrong)  # type: ignore[arg-type]


async def test_what_the_house_does_not_want_any_more_is_erased(config: Config, clock: HandClock) -> None:
    async with run(config, clock) as house:
        await house.adopt(sensor())
        await house.known("attic", "temperature", 20.0)
        clock.move(100)
    unwanted = HistorySettings(of=(Keeping(thing="attic", keep="none"),))
    clock.move(100)
    async with run(config.model_copy(update={"history": unwanted}), clock) as house:
        await house.gateway.history.opened()
        await house.gateway.history.settle()
        assert await house.gateway.history.ask(HistoryFile.series) == []


async def test_a_year_rolls_up_and_shrinks(house: House, clock: HandClock) -> None:
    """Ten days of the gateway's own chores: raw reports of two, a day's figures of all."""
    await house.adopt(sensor())
    history, began = house.gateway.history, clock.now
    for day in range(10):
        for value in (15.0, 20.0 + day):
            await house.known("attic", "temperature", value)
            clock.move(DAY_S / 2)
        await history.settle()
    days = await columns(house, "attic", "temperature", began, Level.DAY)
    assert days["max"][-1] == 29.0
    assert set(days["min"][:-1]) == {15.0}  # the last day has two hours
    assert sum(days["count"]) == 20
    raw = await history.ask(
        lambda file: file.db.execute("SELECT min(begins) FROM piece WHERE level=0").fetchone()
    )
    assert raw[0] >= clock.now - 3 * DAY_S
