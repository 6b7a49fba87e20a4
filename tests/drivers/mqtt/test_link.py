"""What we changed in the client library, held down byte by byte: its socket and its way with the common message."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.driver import NotSent, Rejected, Uncertain
from drivers.mqtt import client
from drivers.mqtt.link import ConnectError, Link, check_ack
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.sockets import BufferedSocket

PATIENCE_S = 15.0
CONNACK_5 = b"\x20\x03\x00\x00\x00"
CONNACK_4 = b"\x20\x02\x00\x00"


class Wire:
    """A link whose broker is us: bytes in, bytes out."""

    def __init__(self, version: int) -> None:
        ours, self.theirs = socket.socketpair()
        ours.setblocking(False)
        self.theirs.setblocking(False)
        self.messages: asyncio.Queue[tuple[str, bytes, bool]] = asyncio.Queue()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.refused: list[str] = []
        self.version = version
        self.settings = MqttSettings()
        self.link = Link(
            BufferedSocket(ours),
            self.settings,
            version=version,
            on_message=lambda *message: self.messages.put_nowait(message),
            on_lost=self.lost.set_result,
            on_refused=lambda topic, text: self.refused.append(topic),
        )

    async def connect(self, answer: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S):
            connecting = asyncio.create_task(self.link.connect(self.settings), name="connecting")
            await self.sent()
            await self.say(answer)
            await connecting

    async def say(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.theirs, data)

    async def sent(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.get_running_loop().sock_recv(self.theirs, 65536)

    async def message(self) -> tuple[str, bytes, bool]:
        async with asyncio.timeout(PATIENCE_S):
            return await self.messages.get()

    async def reason(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.lost

    def close(self) -> None:
        self.link.abort("the test ends")
        self.theirs.close()


@pytest.fixture(params=[5, 4])
async def wire(request: pytest.FixtureRequest) -> AsyncIterator[Wire]:
    wire = Wire(request.param)
    await wire.connect(CONNACK_5 if wire.version == 5 else CONNACK_4)
    yield wire
    wire.close()


@pytest.fixture
async def wire_5() -> AsyncIterator[Wire]:
    wire = Wire(5)
    yield wire
    wire.close()


def publish(
    topic: bytes,
    payload: bytes,
    *,
    version: int,
    flags: int = 0,
    id_: bytes = b"",
    properties: bytes = b"\x00",
) -> bytes:
    """MQTT 5, section 3.3; `properties` with their length."""
    body = len(topic).to_bytes(2, "big") + topic + id_ + (properties if version == 5 else b"") + payload
    length, head = len(body), bytearray([0x30 | flags])
    while True:
        length, digit = divmod(length, 128)
        head.append(digit | (128 if length else 0))
        if not length:
            return bytes(head) + body


async def test_the_common_message(wire: Wire) -> None:
    await wire.say(publish(b"a/b", b"hello", version=wire.version))
    assert await wire.message() == ("a/b", b"hello", False)


async def test_retained_empty_and_large_messages(wire: Wire) -> None:
    await wire.say(publish(b"a", b"", version=wire.version, flags=1))
    assert await wire.message() == ("a", b"", True)
    await wire.say(publish("ä€".encode(), b"x" * 100_000, version=wire.version))
    assert await wire.message() == ("ä€", b"x" * 100_000, False)


async def test_many_at_once_and_one_in_pieces(wire: Wire) -> None:
    packet = publish(b"a", b"x" * 200, version=wire.version)
    await wire.say(packet * 500)
    for _ in range(500):
        await wire.message()
    for at in range(len(packet)):
        await wire.say(packet[at : at + 1])
    assert await wire.message() == ("a", b"x" * 200, False)


async def test_messages_at_the_edges_of_every_size(wire: Wire) -> None:
    sizes = (*range(118, 132), *range(16_374, 16_390), 1, 40_000, 2)
    whole = b"".join(publish(b"a", b"x" * size, version=wire.version, flags=size & 1) for size in sizes)
    await wire.say(whole)
    for size in sizes:
        assert await wire.message() == ("a", b"x" * size, bool(size & 1))


async def test_a_message_with_properties_goes_the_librarys_way(wire_5: Wire) -> None:
    await wire_5.connect(CONNACK_5)
    await wire_5.say(publish(b"a", b"x", version=5, properties=b"\x02\x01\x01"))  # payload format indicator
    assert await wire_5.message() == ("a", b"x", False)


async def test_quality_of_service_one_is_acknowledged(wire: Wire) -> None:
    await wire.say(publish(b"a", b"x", version=wire.version, flags=2, id_=b"\x00\x07"))
    assert await wire.message() == ("a", b"x", False)
    assert (await wire.sent()).startswith(b"\x40\x02\x00\x07")


async def test_a_topic_that_is_no_text_closes_the_link(wire: Wire) -> None:
    await wire.say(publish(b"\xff\xfe", b"x", version=wire.version))
    assert "lost" in await wire.reason()


@given(st.binary(max_size=60))
async def test_whatever_a_broker_sends_is_a_message_or_the_end(noise: bytes) -> None:
    wire = Wire(5)
    await wire.connect(CONNACK_5)
    await wire.say(noise)
    wire.theirs.shutdown(socket.SHUT_WR)
    await wire.reason()
    wire.close()


async def test_a_command_is_on_the_wire_when_publish_returns(wire: Wire) -> None:
    assert wire.link.publish("a/set", b"ON", 0, False) is None
    packet = wire.theirs.recv(1000)  # without giving the loop a turn
    assert packet == publish(b"a/set", b"ON", version=wire.version)


@pytest.mark.parametrize("size", [0, 1, 100, 122, 123, 127, 128, 16_380, 16_390])
async def test_lengths_of_every_size(wire: Wire, size: int) -> None:
    """Section 1.5.5 of MQTT 5: one to four bytes of seven bits."""
    wire.link.publish("a", b"x" * size, 0, True)
    assert await wire.sent() == publish(b"a", b"x" * size, version=wire.version, flags=1)


async def test_what_the_socket_does_not_take_at_once_follows(wire: Wire) -> None:
    payload = b"x" * 3_000_000
    wire.link.publish("a", payload, 0, False)
    with pytest.raises(NotSent, match="takes no more"):
        wire.link.publish("a", b"", 0, False)
    expected = publish(b"a", payload, version=wire.version)
    arrived = bytearray()
    while len(arrived) < len(expected):
        arrived += await wire.sent()
    assert arrived == expected
    assert wire.link.publish("a", b"", 0, False) is None
    assert await wire.sent() == publish(b"a", b"", version=wire.version)


async def test_acknowledgements_and_their_reasons(wire_5: Wire) -> None:
    await wire_5.connect(CONNACK_5)
    ack = wire_5.link.publish("a", b"", 1, False)
    assert ack is not None
    await wire_5.say(b"\x40\x03\x00\x01\x87")
    async with asyncio.timeout(PATIENCE_S):
        assert await ack == 0x87


async def test_a_lost_link_leaves_commands_in_doubt_and_takes_no_more(wire: Wire) -> None:
    ack = wire.link.publish("a", b"", 1, False)
    assert ack is not None
    wire.theirs.close()
    with pytest.raises(Uncertain):
        await ack
    await wire.reason()
    with pytest.raises(NotSent):
        wire.link.publish("a", b"", 0, False)


async def test_the_brokers_limits_are_kept(wire_5: Wire) -> None:
    """Receive Maximum 2, Maximum QoS 1 (MQTT 5, sections 3.2.2.3.3 and 3.2.2.3.4)."""
    await wire_5.connect(b"\x20\x08\x00\x00\x05\x21\x00\x02\x24\x01")
    acks = [wire_5.link.publish("a", b"", 2, False) for _ in range(2)]
    assert (await wire_5.sent())[0] == 0x32, "QoS 2 became 1"
    with pytest.raises(NotSent, match="2 messages are not acknowledged"):
        wire_5.link.publish("a", b"", 1, False)
    wire_5.link.publish("a", b"", 0, False)
    wire_5.link.abort("the end")
    for ack in acks:
        assert ack is not None
        with pytest.raises(Uncertain):
            await ack


async def test_a_refused_subscription_is_told(wire: Wire) -> None:
    answered: list[bool] = []
    wire.link.subscribe([("open", 0), ("secret", 0)], lambda: answered.append(True))
    await wire.sent()
    await wire.say(b"\x90\x05\x00\x01\x00\x00\x87" if wire.version == 5 else b"\x90\x04\x00\x01\x00\x80")
    await wire.say(publish(b"a", b"", version=wire.version))
    await wire.message()
    assert wire.refused == ["secret"]
    assert answered == [True]


async def test_many_subscriptions_go_in_several_packets(wire: Wire) -> None:
    wire.link.subscribe([(f"topic/{number}", 0) for number in range(250)], lambda: None)
    data = b""
    while data.count(b"topic/") < 250:
        data += await wire.sent()
    assert data.count(b"topic/") == 250


@pytest.mark.parametrize(
    ("answer", "why", "unsupported"),
    [
        (b"\x20\x03\x00\x86\x00", "0x86", False),
        (b"\x20\x03\x00\x84\x00", "0x84", True),
        (b"\x20\x02\x00\x01", "0x84", True),
        (b"\xf0\x00", "lost", True),
    ],
)
async def test_refusals(wire_5: Wire, answer: bytes, why: str, unsupported: bool) -> None:
    with pytest.raises(ConnectError, match=why) as refusal:
        await wire_5.connect(answer)
    assert refusal.value.unsupported_version is unsupported
    assert wire_5.link.lost


def test_what_acknowledgements_mean() -> None:
    check_ack(0x00, "t")
    with pytest.raises(NotSent, match="nobody listens on topic 't'"):
        check_ack(0x10, "t")
    with pytest.raises(Rejected, match=r"ACL.*'t'"):
        check_ack(0x87, "t")
    with pytest.raises(Rejected, match="0x97"):
        check_ack(0x97, "t")


async def test_a_message_that_is_too_large_is_thrown_away_and_the_link_lives(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_PACKET_BYTES", 100_000)
    none = b"\x00" if wire.version == 5 else b""
    large = b"\x00\x01t\x00\x07" + none + b"x" * 300_000  # packet identifier 7
    size = bytes((len(large) & 127 | 128, len(large) >> 7 & 127 | 128, len(large) >> 14))
    await wire.say(b"\x32" + size + large)
    assert (await wire.sent())[:4].endswith(b"\x00\x07"), "what came at QoS 1 is acknowledged"
    small = b"\x00\x01t" + none + b"y"
    await wire.say(b"\x30" + bytes((len(small),)) + small)
    assert await wire.message() == ("t", b"y", False)
    assert wire.messages.empty()
    assert wire.link.oversized == 1


async def test_a_broker_is_told_how_much_we_take() -> None:
    wire = Wire(5)
    connecting = asyncio.create_task(wire.link.connect(wire.settings), name="connecting")
    assert b"\x27" + client.MAX_PACKET_BYTES.to_bytes(4, "big") in await wire.sent()
    await wire.say(CONNACK_5)
    await connecting
    wire.close()
