"""What an endpoint says is taken down through the running gateway, without what is private, and replayed to the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from capabilities.readings import Observation, Report
from capabilities.vocabulary import Json
from drivers.coap.driver import CoapDriver, open_driver
from drivers.coap.replay import replayed
from drivers.coap.settings import CoapSettings
from drivers.driver import Candidate
from drivers.recording.heard import Heard, HeardError, HeardTape, written
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Discovery, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.coap_bench import DEVICE, Lamp, UdpServer, lamp_td, line_lamp, udp_lamp
from tests.drivers.coap_tools import tools
from tests.drivers.contract import wait_for
from tests.drivers.replaying import described, recorded, values


def annegrets_td() -> dict[str, Json]:
    td = lamp_td(title="Annegret's lamp", description="Beside Annegret's bed, [::1]")
    td["properties"]["on"] |= {"title": "Annegret's light", "description": "ring 0171 2345678"}  # type: ignore[index,call-overload,operator]
    return td


@asynccontextmanager
async def house(path: Path, port: int) -> AsyncIterator[tuple[Gateway, aiohttp.ClientSession]]:
    config = Config(
        state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0),
        discovery=Discovery(families=("coap",), mdns=False, announce=False),
        coap=CoapSettings.model_validate({"endpoints": [f"coap://[::1]:{port}"]}),
    )  # fmt: skip
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield gateway, client


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0.01)


async def test_a_recording_through_the_gateway_says_nothing_private_and_the_same(tmp_path: Path) -> None:
    async with udp_lamp() as server:
        server.lamp.td = annegrets_td()
        async with house(tmp_path, server.port) as (gateway, client):
            await until(lambda: ("coap", DEVICE) in gateway.registry.inbox)
            driver: Any = gateway.drivers["coap"]
            found: Candidate = driver.recall(DEVICE)
            path = f"/inbox/coap/{quote(DEVICE, safe='')}/adopt"
            async with client.post(path, json={"title": "x"}) as answer:
                assert answer.status == 201, await answer.text()
            point = f"{DEVICE} properties/on"
            await until(lambda: _value(gateway, point) is False)
            recording = asyncio.create_task(recorded(client, f"/recordings/coap/{quote(DEVICE, safe='')}"))
            await until(lambda: DEVICE in driver._taps)
            server.lamp.show(True)
            await until(lambda: _value(gateway, point) is True)
            tape = await recording
            async with client.get("/recordings/coap/urn%3Anobody") as answer:
                assert answer.status == 404
    said = b"".join(written(tape)).decode().casefold()
    for private in ("annegret", "0024befffe804ff1", "80:4f:f1", "[::1]", "2345678"):
        assert private not in said, private
    again = replayed(tape)
    assert described(again.candidates[0]) == described(found)
    assert again.candidates[0].fingerprint == found.fingerprint
    assert again.candidates[0].problems == found.problems
    assert values(again.observations, *again.candidates)["0/on"][-1] == (True, None, "good", "device")


def _value(gateway: Gateway, point: str) -> Json:
    slot = next((one for one in gateway.state if one.property.point == point), None)
    return None if slot is None or slot.current is None else slot.current.value


def tapped(driver: CoapDriver) -> list[Heard]:
    taken: list[Heard] = []
    driver.tap(DEVICE, lambda kind, data: taken.append(Heard(len(taken), kind, data)))
    return taken


async def test_what_is_replayed_is_what_the_driver_told(tmp_path: Path) -> None:
    path = str(tmp_path / "line")
    live: list[Observation] = []
    async with line_lamp(path) as endpoint:
        driver = open_driver(CoapSettings.model_validate({"line": [{"port": path}]}), tools())
        driver.keep([DEVICE])
        async with driver:
            found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
            assert isinstance(found, Candidate)
            await wait_for(driver.reports(), lambda item: isinstance(item, Report))
            taken = tapped(driver)
            with pytest.raises(KeyError):
                driver.tap("urn:nobody", lambda kind, data: None)
            for value in (True, False, True):
                endpoint.lamp.show(value)

                def shown(item: Observation, value: bool = value) -> bool:
                    live.append(item)
                    return isinstance(item, Report) and item.reading.value is value

                await wait_for(driver.reports(), shown)
            await driver.read(f"{DEVICE} properties/on", 2.0)
            await wait_for(driver.reports(), lambda item: live.append(item) or isinstance(item, Report))  # type: ignore[func-returns-value]
    again = replayed(HeardTape("coap", tuple(taken)))
    assert again.candidates[0].components == found.components
    assert again.candidates[0].endpoint.scheme == "serial"
    assert values(again.observations, found) == values(live, found)


async def test_what_only_lists_its_resources_is_replayed_as_that() -> None:
    lamp = Lamp()
    lamp.td = None
    server = UdpServer(lamp)
    await server.start()
    try:
        endpoint = f"coap://[::1]:{server.port}"
        async with open_driver(CoapSettings.model_validate({"endpoints": [endpoint]}), tools()) as driver:
            found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
            taken: list[Heard] = []
            driver.tap(found.id, lambda kind, data: taken.append(Heard(0, kind, data)))
    finally:
        await server.stop()
    assert isinstance(found, Candidate)
    (again,) = replayed(HeardTape("coap", tuple(taken))).candidates
    assert (again.components, again.problems) == ((), found.problems)


SAID: dict[str, Json] = {"device": "urn:x:y", "url": "coap://lamp.alt/", "line": True}


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "does not say how the endpoint describes itself"),
        ([("description", {"url": ""})], "line 2 .'description'.: device should be text"),
        ([("description", SAID)], "too long to be kept"),
        ([("description", {**SAID, "td": []})], "no JSON object"),
        ([("description", {**SAID, "td": {}}), ("answer", {"properties": {"on": {"class": 9}}})], "class should be"),
    ],
)  # fmt: skip
def test_what_is_no_recording_of_an_endpoint_says_why(messages: list[tuple[str, Json]], why: str) -> None:
    with pytest.raises(HeardError, match=why):
        replayed(HeardTape("coap", tuple(Heard(0, *one) for one in messages)))
