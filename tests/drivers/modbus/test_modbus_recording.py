"""What a unit says is taken down through the running gateway, without what is private, and replayed to the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from pymodbus.constants import ExcCodes

from capabilities.components import AffordanceDescription
from capabilities.readings import Observation, Report
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.modbus.describing import component
from drivers.modbus.profiles import Profiles
from drivers.modbus.recorded import profile as recorded_profile
from drivers.modbus.replay import replayed
from drivers.modbus.settings import ModbusSettings
from drivers.recording.heard import Blackener, Heard, HeardError, HeardTape, written
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.contract import wait_for
from tests.drivers.modbus_bench import Device, driver, tcp_server
from tests.drivers.replaying import described, recorded, values

OWN = """
name = "annegrets-boiler"
title = "Annegret's boiler"
manufacturer = "Hoflieferant"
model = "Zwieback 9000"
sources = ["a letter of Annegret's"]
serial_number = { table = "holding", register = 100, type = "string", length = 4 }

[[component]]
key = "annegret"
kind = "switch"
title = "Annegret's pump"
certain = false
[[component.property]]
name = "on"
table = "coil"
register = 3
type = "bool"
writable = true

[[component]]
key = "mode"
kind = "other"
[[component.property]]
name = "waldmeister"
table = "holding"
register = 10
type = "enum"
options = { 0 = "off", 1 = "Waldmeister" }
word_order = "little"
[[component.property]]
name = "owner"
table = "holding"
register = 11
type = "string"
length = 4
"""


class Refusing(Device):
    """Tells nothing any more once it is told to."""

    tells = True

    async def _action(  # noqa: PLR0917 — the signature is pymodbus'
        self, function: int, start: int, address: int, count: int, registers: list[int], new: Any
    ) -> ExcCodes | None:
        refused = await super()._action(function, start, address, count, registers, new)
        return refused if self.tells else ExcCodes.ILLEGAL_ADDRESS


@asynccontextmanager
async def house(path: Path, port: int) -> AsyncIterator[tuple[Gateway, aiohttp.ClientSession]]:
    profiles = path / "profiles"
    profiles.mkdir()
    (profiles / "annegrets-boiler.toml").write_text(OWN)
    units = [
        {"unit": 1, "profile": "annegrets-boiler", "title": "Annegret's boiler", "poll_s": 0.1},
        {"unit": 3, "profile": "eastron-sdm120", "title": "Annegret's sauna", "poll_s": 0.1},
    ]
    line = {"name": "annegret", "port": f"tcp://127.0.0.1:{port}", "timeout_s": 0.3, "unit": units}
    config = Config(
        state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        modbus=ModbusSettings.model_validate({"line": [line], "profiles": profiles}),
    )  # fmt: skip
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield gateway, client


async def adopted(gateway: Gateway, client: aiohttp.ClientSession, device: str) -> Candidate:
    async with asyncio.timeout(10):
        while ("modbus", device) not in gateway.registry.inbox:  # noqa: ASYNC110 — it has no event of its own
            await asyncio.sleep(0.01)
    found: Any = gateway.drivers["modbus"]
    candidate: Candidate | None = found.recall(device)
    assert candidate is not None
    async with client.post(
        f"/inbox/modbus/{device.replace('/', '%2F')}/adopt", json={"title": "x"}
    ) as answer:
        assert answer.status == 201, await answer.text()
    return candidate


async def test_a_recording_through_the_gateway_says_nothing_private_and_the_same(tmp_path: Path) -> None:
    boiler, meter = Device(1), Device(3)
    meter.put("holding", 0xFC00, 0, 19_321)
    meter.put("input", 0, 0x4366, 0x3334)
    boiler.put("holding", 100, *(int.from_bytes(b"SN12"[at : at + 2], "big") for at in (0, 2)), 0, 0)
    boiler.put("holding", 10, 1, int.from_bytes(b"An", "big"), int.from_bytes(b"ne", "big"))
    boiler.put("coil", 3, 1)
    async with tcp_server(boiler, meter) as port, house(tmp_path, port) as (gateway, client):
        power = await adopted(gateway, client, "eastron:19321")
        own = await adopted(gateway, client, "hoflieferant:SN12")
        tapes = await asyncio.gather(
            recorded(client, "/recordings/modbus/eastron:19321"),
            recorded(client, "/recordings/modbus/hoflieferant:SN12"),
        )
        for path in ("/recordings/modbus/nobody", "/recordings/modbus/cellar%2F1"):
            async with client.get(path) as answer:
                assert answer.status == 404
    for tape in tapes:
        said = b"".join(written(tape)).decode().casefold()
        for private in ("annegret", "19321", "4b79", "sn12", "waldmeister", "416e", "6e65", "127.0.0.1"):
            assert private not in said, private
    told = replayed(tapes[0])
    (again,) = told.candidates
    assert described(again) == described(power)
    assert (again.fingerprint, again.manufacturer, again.model) == (
        power.fingerprint,
        power.manufacturer,
        power.model,
    )
    assert values(told.observations, again)["0/voltage"][0] == (230.2, "V", "good", "device")
    told = replayed(tapes[1])
    (again,) = told.candidates
    assert [(one.kind, one.certain) for one in again.components] == [
        (one.kind, one.certain) for one in own.components
    ]
    pump, mode = again.components
    assert pump.affordances[0].writable
    assert values(told.observations, again)["0/on"][0][0] is True
    options = mode.affordances[0].schema["enum"]
    assert isinstance(options, list)
    assert values(told.observations, again)[f"1/{mode.affordances[0].name}"][0][0] == options[1]


async def test_what_is_replayed_is_what_the_driver_told() -> None:
    """Turns, questions, values out of range, refusals."""
    meter = Device(1)
    meter.put("holding", 0xFC00, 0, 19_321)
    meter.put("input", 0, 0x4366, 0x3334)
    taken: list[Heard] = []
    live: list[Observation] = []
    async with tcp_server(meter) as port:
        unit: dict[str, Json] = {"unit": 1, "profile": "eastron-sdm120", "poll_s": 0.05}
        made = driver(f"tcp://127.0.0.1:{port}", unit, kept=("eastron:19321",))
        async with made:
            found = await wait_for(made.candidates(), lambda item: isinstance(item, Candidate))
            assert isinstance(found, Candidate)
            stop = made.tap(found.id, lambda kind, data: taken.append(Heard(len(taken), kind, data)))
            reports = made.reports()

            async def until(point: str, value: Json) -> None:
                async with asyncio.timeout(5):
                    async for item in reports:
                        live.append(item)
                        if isinstance(item, Report) and (item.point, item.reading.value) == (point, value):
                            return

            voltage = f"{found.id}#mains.voltage"
            await until(voltage, 230.2)
            await made.read(voltage, 2)
            meter.put("input", 0, 0x7FC0, 0)
            await until(voltage, None)
            meter.put("input", 0, 0x4361, 0x4CCD)
            await until(voltage, 225.3)
            stop()
            stop()
            assert found.id not in made.taps
    told = replayed(HeardTape("modbus", tuple(taken)))
    again, said = told.candidates[0], values(told.observations, told.candidates[0])
    assert (again.id, again.components) == (found.id, found.components)
    for name, readings in values(live, found).items():
        assert set(readings) <= set(said[name])


async def test_a_refusal_is_replayed_too() -> None:
    relays = Refusing(1)
    taken: list[Heard] = []
    async with tcp_server(relays) as port:
        unit: dict[str, Json] = {"unit": 1, "profile": "waveshare-relay-8ch", "poll_s": 0.05}
        made = driver(f"tcp://127.0.0.1:{port}", unit, kept=("cellar/1",))
        async with made:
            await wait_for(made.reports(), lambda item: isinstance(item, Report))
            made.tap("cellar/1", lambda kind, data: taken.append(Heard(len(taken), kind, data)))
            with pytest.raises(KeyError):
                made.tap("cellar/2", lambda kind, data: None)
            relays.tells = False
            made.refresh("cellar/1")
            await wait_for(
                made.reports(), lambda item: isinstance(item, Report) and item.reading.value is None
            )
    again = replayed(HeardTape("modbus", tuple(taken)))
    assert values(again.observations, *again.candidates)["0/on"][-1] == (None, None, "bad", "device")


READ: dict[str, Json] = {"function": 4, "register": 0, "count": 2, "words": {"hex": "43663334"}}
PROFILE: dict[str, Json] = {"device": {"model": "eastron-sdm120"}}


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "which profile"),
        ([("read", READ)], "line 2.*profile should come first"),
        ([("profile", {"device": {"model": "eastron"}})], "no profile 'eastron'; known: .*eastron-sdm120"),
        ([("profile", PROFILE), ("read", {**READ, "count": 3})], "line 3.*4 bytes are not what 3 registers take"),
        ([("profile", PROFILE), ("read", {**READ, "function": 5})], "function should be a whole number from 1 to 4"),
        ([("profile", {"device": {"model": "x", "manufacturer": "x"}, "layout": {}})], "layout: component: "),
    ],
)  # fmt: skip
def test_what_is_no_recording_of_a_unit_says_why(messages: list[tuple[str, Json]], why: str) -> None:
    with pytest.raises(HeardError, match=why):
        replayed(HeardTape("modbus", tuple(Heard(0, *one) for one in messages)))


def test_messages_are_json_that_others_can_read() -> None:
    tape = HeardTape("modbus", (Heard(0, "profile", PROFILE), Heard(1, "read", READ)))
    assert [orjson.loads(line)["kind"] for line in list(written(tape))[1:]] == ["profile", "read"]


@pytest.mark.parametrize("name", Profiles().names())
def test_a_layout_is_replayed_as_the_profile_that_it_was(name: str) -> None:
    """As one's own are taken down, redacted: the same registers, kinds, scales and ranges."""
    profile = Profiles().get(name)
    said = Blackener([]).message(recorded_profile(profile, 0.5, shipped=False))
    (found,) = replayed(HeardTape("modbus", (Heard(0, "profile", said),))).candidates
    expected = [component("recording/1", one) for one in profile.component]
    assert [one.kind for one in found.components] == [one.kind for one in expected]
    for one, other in zip(found.components, expected, strict=True):
        assert [_measure(of) for of in one.affordances] == [_measure(of) for of in other.affordances]


def _measure(of: AffordanceDescription) -> tuple[object, ...]:
    schema = {name: value for name, value in of.schema.items() if name != "enum"}
    return schema, of.readable, of.writable, of.hazard, of.privilege, len(of.shown)
