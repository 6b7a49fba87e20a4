"""Devices that lie, flood and speak nonsense: bounded, told in a line, and nobody else is harmed."""

from __future__ import annotations

import asyncio
import random
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aioesphomeapi._frame_helper.packets import make_plain_text_packets

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Report
from drivers.discovery.seen import Service
from drivers.esphome.listing import MAX_ENTITIES
from tests.drivers.contract import PATIENCE_S
from tests.drivers.esphome.around import TYPE, Around, running, until
from tests.drivers.esphome.node import MAC, NUMBERS, PB, Node

LIAR = "02:00:5e:00:66:06"
ASKED = b"(waits until it is asked)"


def packed(*messages: Any) -> bytes:
    return b"".join(
        make_plain_text_packets(
            [(NUMBERS[type(message)], message.SerializeToString()) for message in messages]
        )
    )


HELLO = packed(PB.HelloResponse(api_version_major=1, api_version_minor=14, name="liar"))
INFO = packed(PB.DeviceInfoResponse(name="liar", mac_address=LIAR))
DONE = packed(PB.ListEntitiesDoneResponse())
LONG_INFO = packed(PB.DeviceInfoResponse(name="liar", mac_address=LIAR, devices=[{}] * 5000))


@asynccontextmanager
async def saying(parts: Callable[[], Any]) -> AsyncIterator[int]:
    """A server that says all `parts` to whoever comes, and hears nothing. Its port."""
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            for part in parts():
                if part is ASKED:
                    await reader.read(65_536)
                    continue
                writer.write(part)
                await writer.drain()
            await reader.read()
        except OSError:
            pass
        finally:
            busy.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(busy):
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


def announce(around: Around, port: int) -> None:
    told = {"mac": LIAR.replace(":", "")}
    around.services.say(Service(TYPE, "liar", "liar.local.", port, ("127.0.0.1",), told))


def endless(part: bytes, head: bytes = b"") -> Callable[[], Any]:
    def parts() -> Any:
        yield head
        for _ in range(20_000):
            yield part

    return parts


def noise() -> Any:
    chance = random.Random(5)
    for _ in range(200):
        yield chance.randbytes(500)


def garbled_messages() -> Any:
    chance = random.Random(7)
    yield HELLO
    for number in range(1, 170):
        yield b"".join(make_plain_text_packets([(number, chance.randbytes(200))]))


SENSOR = PB.ListEntitiesSensorResponse(name="x" * 2000, key=1)
HOSTILE: dict[str, Callable[[], Any]] = {
    "noise": noise,
    "another protocol": lambda: [b"HTTP/1.1 200 OK\r\n\r\n" * 100],
    "nothing at all": lambda: [b""],
    "a frame without an end": endless(b"\x00" * 4096, b"\x00\xff\xff\x03\x19"),
    "a frame of 200 MB": lambda: [b"\x00\xff\xff\xff\x7f\x19"],
    "messages that cannot be read": garbled_messages,
    "entities without an end": endless(packed(*[SENSOR] * 20), HELLO + INFO),
    "frames of three bytes": endless(packed(*[PB.PingResponse()] * 1000), HELLO),
    "states nobody asked for": endless(packed(*[PB.SensorStateResponse(key=1, state=1.0)] * 500), HELLO + INFO + DONE),
    "questions without an end": endless(packed(*[PB.GetTimeRequest()] * 500), HELLO + INFO),
    "a long list of sub-devices": lambda: [ASKED, HELLO, ASKED, LONG_INFO],
    "no MAC address": lambda: [ASKED, HELLO, ASKED, packed(PB.DeviceInfoResponse(mac_address="x" * 60_000)), DONE],
}  # fmt: skip


@pytest.mark.parametrize("parts", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("is_kept", [False, True], ids=["found", "a Thing"])
async def test_a_liar_is_bounded_and_the_others_are_unharmed(parts: Callable[[], Any], is_kept: bool) -> None:
    around = Around()
    around.driver.keep([MAC, LIAR] if is_kept else [MAC])
    node = Node()
    node.entities = [PB.ListEntitiesSwitchResponse(key=7, name="Relay", device_class="outlet")]
    async with running(node), saying(parts) as port, around.driver:
        around.services.announce(node)
        await around.contact(True)
        tracemalloc.start()
        try:
            announce(around, port)
            if parts is not HOSTILE["nothing at all"]:  # it takes its time, which a person need not
                await until(lambda: any(line.startswith(LIAR) for line in around.driver.health().problems))
            for value in (True, False):
                await around.driver.write(f"{MAC}|switch/Relay#on", value, PATIENCE_S)
                assert (await node.received.get()).state is value
            assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
        finally:
            tracemalloc.stop()
        lines = [line for line in around.driver.health().problems if line.startswith(LIAR)]
        assert len(lines) <= 1
        assert all(len(line) < 400 and line.isprintable() for line in lines)
        assert node.subscribers == 1


async def test_more_entities_than_anybody_has() -> None:
    around = Around()
    node = Node()
    node.entities = [
        PB.ListEntitiesSensorResponse(key=n, name=f"Sensor {n}") for n in range(MAX_ENTITIES + 50)
    ]
    node.entities += [PB.ListEntitiesSelectResponse(key=1, name="Long", options=["o" * 50] * 400)]
    async with running(node), around.driver:
        around.services.announce(node)
        found = await around.candidate()
        assert len(found.components) == MAX_ENTITIES
        assert any(f"more than {MAX_ENTITIES} entities" in line for line in found.problems)


def nonsense() -> list[Any]:
    """One of each sort, of strange values."""
    chance = random.Random(3)
    made = []
    for sort in NUMBERS:
        if not sort.__name__.startswith("ListEntities") or sort in (
            PB.ListEntitiesRequest,
            PB.ListEntitiesDoneResponse,
        ):
            continue
        for _ in range(8):
            message = sort(
                name=chance.choice(["", "n" * 500, "\x00\x1b[31m", "ü", "a/b@c#d|e"]),
                key=chance.randrange(2**32),
            )
            fill(message, chance)
            made.append(message)
    chance.shuffle(made)
    return made


FIELD = PB.HelloRequest.DESCRIPTOR.fields[0]
OWN_WORDS = frozenset({"name", "key", "min_length", "max_length", "pattern"})
"""Which entity it is, and what a device says of its own texts: whether it keeps to that is seen by the gateway."""

STRANGE: dict[int, list[Any]] = {
    FIELD.CPPTYPE_BOOL: [False, True],
    FIELD.CPPTYPE_STRING: ["", "x" * 300, "\n", "one"],
    FIELD.CPPTYPE_FLOAT: [float("nan"), float("inf"), -1e38, 0.0, 1e-38, 50.0],
    FIELD.CPPTYPE_UINT32: [0, 1, 2**32 - 1, 63],
    FIELD.CPPTYPE_UINT64: [0, 2**64 - 1],
    FIELD.CPPTYPE_INT32: [0, 1, -(2**31), 2**31 - 1],
    FIELD.CPPTYPE_INT64: [0, -(2**63)],
    FIELD.CPPTYPE_ENUM: [0, 1, 2, 3, 7, 35, 99, -5],
}


def fill(message: Any, chance: random.Random) -> None:
    """Whatever the fields take."""
    for field in message.DESCRIPTOR.fields:
        if field.name in OWN_WORDS:
            continue
        for _ in range(3 if field.is_repeated else 1):
            if field.message_type is not None:
                target = getattr(message, field.name)
                fill(target.add() if field.is_repeated else target, chance)
                continue
            value = b"\xff\x00" if field.type == field.TYPE_BYTES else chance.choice(STRANGE[field.cpp_type])
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)


async def test_entities_and_states_that_make_no_sense() -> None:
    """What is left of them makes a Thing, and every state is a value of its schema, or none. Numbers beyond what a kind can
    be are told: the gateway holds them against the schema.
    """
    around = Around()
    around.driver.keep([MAC])
    node = Node()
    node.entities = nonsense()
    chance = random.Random(11)
    states = []
    for listed in node.entities:
        stem = type(listed).__name__[12:-8]
        sort: Any = getattr(PB, f"{stem}StateResponse", None) or getattr(PB, f"{stem}Response", None)
        for _ in range(3 if sort is not None else 0):
            state = sort(key=listed.key)
            fill(state, chance)
            state.device_id = getattr(listed, "device_id", 0)
            states.append(state)
    node.states = [*states, PB.TextSensorStateResponse(key=1, state="the end")]
    node.entities += [PB.ListEntitiesTextSensorResponse(key=1, name="End")]
    async with running(node), around.driver:
        around.services.announce(node)
        found = await around.candidate()
        assert found.components
        thing = compose("t", "T", found.components, allot_names(found.components, {}))
        checks = {one.point: one.check for one in thing.properties.values()}
        seen = 0
        async with asyncio.timeout(PATIENCE_S):
            async for item in around.driver.reports():
                if isinstance(item, Report):
                    seen += 1
                    if item.reading.value == "the end":
                        break
                    if item.reading.value is not None and type(item.reading.value) not in (int, float):
                        check: Any = checks[item.point]
                        check(item.reading.value)
        assert seen > 100
        assert around.driver.health().connected
