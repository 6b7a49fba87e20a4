"""The gateway's half against the endpoint's: the driver, and the C core behind a pseudo-terminal or over UDP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Evidence, Json
from drivers.coap.driver import CoapDriver, open_driver
from drivers.coap.settings import CoapSettings
from drivers.driver import Candidate, Rejected
from tests.drivers.coap_tools import tools
from tests.drivers.contract import wait_for
from tests.firmware_bridge_build import Endpoint, acts, built

RELAY = "urn:dev:os:32473-relay-1"
CLIMATE = "urn:dev:os:32473-climate-1"


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    built("hearth-endpoint")


@asynccontextmanager
async def driving(device: str, **settings: object) -> AsyncIterator[CoapDriver]:
    driver = open_driver(CoapSettings.model_validate(settings), tools())
    driver.keep([device])
    async with driver:
        yield driver


def line(path: Path) -> dict[str, object]:
    return {"line": [{"port": str(path)}]}


async def candidate(driver: CoapDriver) -> Candidate:
    found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
    assert isinstance(found, Candidate)
    return found


def point(of: Candidate, name: str) -> str:
    """The driver's word for the affordance of this name in the description."""
    every = [one.point for part in of.components for one in part.affordances]
    return next(one for one in every if one.endswith(f"/{name}"))


async def up(driver: CoapDriver, reachable: bool = True) -> None:
    await wait_for(driver.reports(), lambda one: isinstance(one, Contact) and one.reachable is reachable)


def reads(point: str, value: Json) -> Callable[[Observation], bool]:
    return lambda one: isinstance(one, Report) and one.point == point and one.reading.value == value


async def test_a_relay_on_a_line_is_found_read_commanded_and_believed(tmp_path: Path) -> None:
    tty, log = tmp_path / "tty", tmp_path / "log"
    with Endpoint("relay", "--link", str(tty), "--log", str(log)) as relay:
        async with driving(RELAY, **line(tty)) as driver:
            found = await candidate(driver)
            assert (found.id, found.endpoint.scheme, found.problems) == (RELAY, "serial", ())
            kinds = {one.kind for one in found.components}
            assert {"switch", "setting", "other"} <= kinds
            on = point(found, "on")
            await wait_for(driver.reports(), reads(on, False))
            await driver.write(on, True, 2.0)
            told = await wait_for(driver.reports(), reads(on, True))
            assert isinstance(told, Report)
            assert told.evidence is Evidence.DEVICE
            relay.say("interlock 0")
            await wait_for(driver.reports(), reads(on, False))
            with pytest.raises(Rejected, match="The interlock is open"):
                await driver.write(on, True, 2.0)
            relay.say("interlock 1")
            await driver.write(point(found, "max_on"), 60, 2.0)
            await driver.invoke(point(found, "pulse"), None, 2.0)
    assert acts(log) == [("on", 1), ("max_on", 60), ("pulse", 500)]


async def test_it_is_found_again_after_a_restart_and_at_another_pseudo_terminal(tmp_path: Path) -> None:
    tty, log = tmp_path / "tty", tmp_path / "log"
    with Endpoint("relay", "--link", str(tty), "--log", str(log)) as relay:
        async with driving(RELAY, **line(tty)) as driver:
            on = point(await candidate(driver), "on")
            await up(driver)
            await driver.write(on, True, 2.0)
            await wait_for(driver.reports(), reads(on, True))
            relay.say("restart")
            await wait_for(driver.reports(), reads(on, False))
            relay.say("pull")
            await up(driver, False)
            relay.say("plug")
            await up(driver)
            await driver.write(on, True, 2.0)
            await wait_for(driver.reports(), reads(on, True))
    assert acts(log) == [("on", 1), ("on", 1)]


async def test_a_noisy_line_does_nothing_twice(tmp_path: Path) -> None:
    tty, log = tmp_path / "tty", tmp_path / "log"
    with Endpoint("relay", "--link", str(tty), "--log", str(log)) as relay:
        async with driving(RELAY, **line(tty)) as driver:
            found = await candidate(driver)
            await up(driver)
            relay.say("noise 0.01 0.02")
            for seconds in range(1, 21):
                await driver.write(point(found, "max_on"), seconds, 5.0)
            assert relay.state()["damaged_bytes"] > 0
    assert acts(log) == [("max_on", seconds) for seconds in range(1, 21)]


async def test_a_climate_sensor_over_udp() -> None:
    with Endpoint("climate", "--udp", "127.0.0.1:0") as climate:
        async with driving(CLIMATE, endpoints=[f"coap://127.0.0.1:{climate.where}"]) as driver:
            found = await candidate(driver)
            assert {"temperature", "humidity", "setting"} == {one.kind for one in found.components}
            await wait_for(driver.reports(), reads(point(found, "temperature"), 21.5))
            await driver.write(point(found, "interval"), 1, 2.0)
            climate.say("measure -3.25 50")
            await wait_for(driver.reports(), reads(point(found, "temperature"), -3.25))
            label = (
                "in the cellar, behind the boiler, where the north wall is damp in the winter of every year"
            )
            await driver.write(point(found, "label"), label, 5.0)
            await wait_for(driver.reports(), reads(point(found, "label"), label))
