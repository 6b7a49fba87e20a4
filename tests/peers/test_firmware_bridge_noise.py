"""The gateway's driver on a bad line whose cable is pulled: the endpoint's own log shows nothing wrong and nothing twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from drivers.driver import NotSent, Uncertain
from tests.firmware_bridge.test_firmware_bridge_gateway import RELAY, candidate, driving, line, point, up
from tests.firmware_bridge_build import Endpoint, acts, built

ROUNDS = 4
WRITES = 40

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    built("hearth-endpoint")


async def test_no_wrong_and_no_double_actuation(tmp_path: Path) -> None:
    tty, log = tmp_path / "tty", tmp_path / "log"
    confirmed: list[int] = []
    doubtful: list[int] = []
    unsent: list[int] = []
    spent = 0.0
    with Endpoint("relay", "--link", str(tty), "--log", str(log), "--baud", "115200") as relay:
        async with driving(RELAY, **line(tty)) as driver:
            max_on = point(await candidate(driver), "max_on")
            await up(driver)
            relay.say("noise 0.01 0.02")
            for number in range(ROUNDS):
                begun = time.monotonic()
                for value in range(number * 1000 + 1, number * 1000 + WRITES + 1):
                    if value % 1000 == WRITES - 2:
                        spent += time.monotonic() - begun
                        relay.say("pull")  # and the last ones meet a line that is not there
                    try:
                        await driver.write(max_on, value, 5.0)
                        confirmed.append(value)
                    except Uncertain:
                        doubtful.append(value)
                    except NotSent:
                        unsent.append(value)
                await up(driver, False)
                relay.say("plug")
                await up(driver)
            state = relay.state()
    done = [value for what, value in acts(log) if what == "max_on"]
    counts = f"{len(confirmed)} confirmed, {len(doubtful)} in doubt, {len(unsent)} not sent"
    print(f"{counts}; {len(confirmed) / spent:.0f} writes/s; {state}")  # noqa: T201 - the figure is what is wanted
    assert state["damaged_bytes"] > 100
    assert state["duplicates"] > 0
    assert unsent
    assert done == sorted(set(done)), "something was done twice, or late"
    assert set(confirmed) <= set(done) <= {*confirmed, *doubtful}
