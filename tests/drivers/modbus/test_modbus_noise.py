"""A line that spoils what goes over it, in both directions, and a wire that says anything."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from capabilities.vocabulary import Json
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.modbus import adu
from drivers.modbus.link import Link
from drivers.modbus.wire import Wire
from tests.drivers.contract import wait_for
from tests.drivers.modbus_bench import IDENTITY, Device, Ports, cable, driver

ONE_BYTE_IN = 100


async def test_with_one_byte_in_a_hundred_spoilt_nothing_is_switched_wrongly_or_twice() -> None:
    """By the slave's own log. What was said to be accepted arrived once; what was not, once or never."""
    dice = random.Random(1)
    spoilt = 0

    def spoil(data: bytes) -> bytes:
        nonlocal spoilt
        made = bytes(
            byte ^ dice.randint(1, 255) if dice.randrange(ONE_BYTE_IN) == 0 else byte for byte in data
        )
        spoilt += made != data
        return made

    relays = Device(1)
    async with cable(relays) as wire:
        ports = Ports()
        ports.appear(wire.near)
        unit: Mapping[str, Json] = {"unit": 1, "profile": "waveshare-relay-8ch"}
        made = driver(IDENTITY, unit, ports=ports, kept=("cellar/1",), line={"timeout_s": 0.15})
        async with made:
            await wait_for(made.candidates(), lambda item: item.id == "cellar/1")
            wire.forth = wire.back = spoil
            accepted = doubtful = 0
            for number in range(30):
                relay, value = dice.randrange(8), bool(number % 2)
                try:
                    await made.write(f"cellar/1#relay{relay + 1}.on", value, 5)
                    accepted += 1
                    assert relays.writes.get_nowait() == (5, relay, [value])
                except Uncertain:
                    doubtful += 1
                    if not relays.writes.empty():
                        assert relays.writes.get_nowait() == (5, relay, [value])
                except NotSent:
                    wire.forth = wire.back = lambda data: data
                    await wait_for(made.reports(), lambda item: getattr(item, "reachable", False))
                    wire.forth = wire.back = spoil
                assert relays.writes.empty(), "nothing is sent twice"
            assert spoilt > 2
            assert accepted > 15
            assert doubtful > 0


class WildWire(Wire):
    """Answers every question with whatever comes to its mind."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._dice = dice

    def send(self, data: bytes) -> None:
        for _ in range(self._dice.randrange(4)):
            noise = self._dice.randbytes(self._dice.randrange(300))
            part = bytearray(data + noise if self._dice.random() < 0.5 else noise + data)
            for _ in range(self._dice.randrange(3)):
                part[self._dice.randrange(len(part))] ^= 1 << self._dice.randrange(8)
            asyncio.get_running_loop().call_soon(self._came, bytes(part))
        if self._dice.random() < 0.02:
            asyncio.get_running_loop().call_soon(self._ended, "pulled")

    def close(self) -> None:
        self._ended("closed")


async def test_a_wire_may_say_anything() -> None:
    """Each question has an end: an answer that fits it, or one of the three errors."""
    dice = random.Random(11)
    for turn in range(120):
        wire = WildWire(dice)
        framing = adu.RtuFraming() if turn % 2 else adu.TcpFraming()
        link = Link(wire, framing, timeout_s=0.002)
        for request in (
            adu.read(dice.randrange(1, 248), "holding", dice.randrange(60000), dice.randrange(1, 126)),
            adu.read(3, "coil", 0, dice.randrange(1, 100)),
            adu.write(3, 16, 7, [1, 2]),
            adu.identify(3),
        ):
            try:
                answer = await link.ask(request, 0.004)
            except (NotSent, Uncertain, Rejected):
                continue
            assert adu.fits(request, answer)
        assert len(wire.buffer) <= adu.MAX_BUFFER_BYTES
