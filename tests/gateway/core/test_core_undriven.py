"""Things whose driver does not run are out of reach, and it is said why: from the start on, and until it runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from drivers.driver import Driver
from drivers.simulated.memory import MemoryDriver
from drivers.simulated.timeline import LoopTimeline
from drivers.wot.settings import WotSettings
from gateway.app import open_gateway
from gateway.commands import Outcome, Reason, Result
from gateway.config import Adoption, Config
from gateway.context import Gateway
from gateway.discovery.families import Family
from tests.gateway.core.rig import Rig, device, how, lamp, opened, until


class Late(MemoryDriver):
    """Cannot be entered until it may."""

    failing = True

    async def __aenter__(self) -> Self:
        if self.failing:
            raise OSError("no such bus")
        return await super().__aenter__()


def config_of(directory: Path, **more: Any) -> Config:
    return Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        adoption=Adoption(without_asking="ask", label_new=False),
        **more,
    )


async def adopted_by(directory: Path, name: str) -> None:
    """One run of a gateway in which the driver `name` has a lamp."""
    driver = MemoryDriver([lamp()], timeline=LoopTimeline())
    driver.name = name
    config = config_of(directory).model_copy(update={"adoption": Adoption(without_asking="all")})
    async with open_gateway(config, drivers={name: driver}) as gateway:
        await until(lambda: len(gateway.registry) == 1)


@asynccontextmanager
async def started(config: Config) -> AsyncIterator[Rig]:
    async with open_gateway(config) as gateway:
        yield Rig(gateway, MemoryDriver([]), gateway.observers.subscribe(None, after=0))


async def toggled(rig: Rig) -> Outcome:
    return await rig.run("lamp.toggle()")


def why(gateway: Gateway) -> str:
    reach = gateway.registry["lamp"].reach
    assert reach.reachable is False
    return reach.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wot", "Web of Things is not on: write [wot] in hearth.toml"),
        ("mqtt", "MQTT is not on: write [mqtt] in hearth.toml"),
        ("simulated", "the driver simulated is not running"),
    ],
)
async def test_what_is_not_on_is_out_of_reach_at_once(tmp_path: Path, name: str, reason: str) -> None:
    await adopted_by(tmp_path, name)
    async with started(config_of(tmp_path)) as rig:
        assert why(rig.gateway) == reason
        outcome = await toggled(rig)
        assert how(outcome) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        assert outcome.detail.startswith(reason)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError("No module named 'x'"), "it needs the extra `wot`: pip install 'hearth-gateway[wot]'"),
        (OSError("no such certificate"), "Web of Things cannot be started: no such certificate"),
    ],
)
async def test_a_family_that_cannot_be_used_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    await adopted_by(tmp_path, "wot")

    goes_on = threading.Event()

    def fails(self: Family, settings: object, tools: object) -> Driver:
        goes_on.wait(5)
        raise error

    monkeypatch.setattr(Family, "open", fails)
    async with started(config_of(tmp_path, wot=WotSettings())) as rig:
        assert why(rig.gateway) == "Web of Things is being started"
        goes_on.set()
        await until(lambda: why(rig.gateway).startswith(said))
        assert (await toggled(rig)).detail.startswith(said)


async def test_once_its_driver_runs_it_is_for_that_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await adopted_by(tmp_path, "wot")
    driver = MemoryDriver([], timeline=LoopTimeline())
    driver.name = "wot"
    monkeypatch.setattr(Family, "open", lambda self, settings, tools: driver)
    async with started(config_of(tmp_path, wot=WotSettings())) as rig:
        reach = rig.thing("lamp").reach
        await until(lambda: reach.reachable is None)
        assert (reach.reason, reach.lost) == ("", None)


async def test_a_driver_that_cannot_begin_says_why_and_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]):
        pass
    late = Late([lamp()], timeline=LoopTimeline())
    async with open_gateway(config_of(tmp_path), drivers={"simulated": late}) as gateway:
        await until(lambda: gateway.registry["lamp"].reach.reachable is False)
        assert why(gateway) == "the driver simulated failed, and is started again: no such bus"
        late.failing = False
        async with asyncio.timeout(5):
            await until(lambda: gateway.registry["lamp"].reach.reachable)


async def test_what_was_seen_stays_old_until_a_driver_that_runs_again_has_told(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("kitchen-leak")]) as rig:
        ingest, reach = rig.gateway.ingest, rig.thing("lamp").reach
        ingest.driver_stopped("simulated", "it crashed")
        assert not ingest.is_told_of(rig.thing("lamp"))
        ingest.driver_runs("simulated")
        assert reach.reachable is False
        assert reach.reason == "the driver simulated was started again, and has not heard of it yet"
        assert how(await rig.run("lamp.toggle()")) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        rig.driver.restore_link()
        await until(lambda: reach.reachable)
        assert reach.reason == ""
