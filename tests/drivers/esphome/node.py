"""A small honest device: it speaks the native API over real sockets, with or without a key, and has what entities it is given.

Its frames are made by aioesphomeapi, or by noiseprotocol as the responder: no line of the driver's own wire code is in it.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import Any

from aioesphomeapi import api_pb2
from aioesphomeapi._frame_helper.packets import make_plain_text_packets
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO
from noise.connection import NoiseConnection  # type: ignore[import-untyped]  # it has no types

PB: Any = api_pb2
NUMBERS: dict[Any, int] = {sort: number for number, sort in MESSAGE_TYPE_TO_PROTO.items()}
MAC = "02:00:5e:00:53:01"
KEY = "QRTIErOb/fcE9Ukd/5qA3RGYMn0Y+p06U58SCtOXvPc="


class Node:
    """`entities` are ListEntities messages, `states` what it tells everybody who subscribes."""

    def __init__(self, mac: str = MAC, *, key: str = "", password: str = "") -> None:
        self.mac, self.key, self.password = mac, key, password
        self.info = PB.DeviceInfoResponse(
            name="test-node", friendly_name="Test node", mac_address=mac.upper(), manufacturer="Espressif", model="esp32",
            esphome_version="2026.10.0", suggested_area="Hall",
        )  # fmt: skip
        self.entities: list[Any] = []
        self.states: list[Any] = []
        self.api = (1, 14)
        self.received: asyncio.Queue[Any] = asyncio.Queue()
        self.greetings = 0  # connections that said hello
        self.pings = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._peers: set[Peer] = set()

    async def start(self, host: str = "127.0.0.1") -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Peer(self), host, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for peer in tuple(self._peers):
            peer.transport.abort()
        if server is not None:
            await server.wait_closed()

    def tell(self, *messages: Any) -> None:
        """To everybody who subscribed to states."""
        for peer in self._peers:
            if peer.is_subscribed:
                peer.send(*messages)

    @property
    def peers(self) -> set[Peer]:
        return self._peers

    @property
    def subscribers(self) -> int:
        return sum(peer.is_subscribed for peer in self._peers)

    def handle(self, peer: Peer, message: Any) -> None:
        sort = type(message)
        if sort is PB.HelloRequest:
            self.greetings += 1
            peer.send(
                PB.HelloResponse(
                    api_version_major=self.api[0], api_version_minor=self.api[1], name=self.info.name
                )
            )
        elif sort is PB.AuthenticationRequest:
            if self.password:
                peer.send(PB.AuthenticationResponse(invalid_password=message.password != self.password))
                if message.password != self.password:
                    peer.transport.close()
        elif sort is PB.DeviceInfoRequest:
            peer.send(self.info)
        elif sort is PB.ListEntitiesRequest:
            peer.send(*self.entities, PB.ListEntitiesDoneResponse())
        elif sort is PB.SubscribeStatesRequest:
            peer.is_subscribed = True
            peer.send(*self.states)
        elif sort is PB.PingRequest:
            self.pings += 1
            peer.send(PB.PingResponse())
        elif sort is PB.DisconnectRequest:
            peer.send(PB.DisconnectResponse())
            peer.transport.close()
        else:
            self.received.put_nowait(message)


class Peer(asyncio.Protocol):
    """One connection to the node."""

    transport: asyncio.Transport

    def __init__(self, node: Node) -> None:
        self.node = node
        self.is_subscribed = False
        self._buffer = b""
        self._noise: Any = None
        self._stage = "hello" if node.key else "plain"

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.node.peers.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.node.peers.discard(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._buffer[:1] == (b"\x01" if self._stage == "plain" else b"\x00"):
            self._refuse_framing()
            return
        while frame := self._frame():
            self.node.handle(self, frame) if not isinstance(frame, bool) else None

    def send(self, *messages: Any) -> None:
        for message in messages:
            number, payload = NUMBERS[type(message)], message.SerializeToString()
            if self._stage == "plain":
                self.transport.write(b"".join(make_plain_text_packets([(number, payload)])))
            else:
                inner = number.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload
                self.write_sealed(self._noise.encrypt(inner))

    def write_sealed(self, body: bytes) -> None:
        self.transport.write(b"\x01" + len(body).to_bytes(2, "big") + body)

    def _refuse_framing(self) -> None:
        """Firmware with a key says so in an encrypted frame; firmware without one hangs up."""
        if self._stage != "plain":
            self.write_sealed(b"\x01Bad indicator byte")
        self.transport.close()

    def _frame(self) -> Any:
        """The next message; True for a frame that was a part of the handshake; None where there is no whole one."""
        if self._stage == "plain":
            return self._plain()
        if len(self._buffer) < 3 or len(self._buffer) < 3 + (
            size := int.from_bytes(self._buffer[1:3], "big")
        ):
            return None
        body, self._buffer = self._buffer[3 : 3 + size], self._buffer[3 + size :]
        if self._stage == "hello":
            self.write_sealed(
                b"\x01"
                + self.node.info.name.encode()
                + b"\0"
                + self.node.mac.replace(":", "").encode()
                + b"\0"
            )
            self._stage = "handshake"
            return True
        if self._stage == "handshake":
            return self._handshake(body)
        inner = self._noise.decrypt(body)
        return MESSAGE_TYPE_TO_PROTO[int.from_bytes(inner[:2], "big")].FromString(inner[4:])

    def _handshake(self, body: bytes) -> Any:
        self._noise = NoiseConnection.from_name(b"Noise_NNpsk0_25519_ChaChaPoly_SHA256")
        self._noise.set_as_responder()
        self._noise.set_psks(b64decode(self.node.key))
        self._noise.set_prologue(b"NoiseAPIInit\x00\x00")
        self._noise.start_handshake()
        try:
            self._noise.read_message(body[1:])
        except Exception:
            self.write_sealed(b"\x01Handshake MAC failure")
            self.transport.close()
            return None
        self.write_sealed(b"\x00" + self._noise.write_message())
        self._stage = "ready"
        return True

    def _plain(self) -> Any:
        at, numbers = 1, []
        for _ in range(2):
            value = shift = 0
            while True:
                if at >= len(self._buffer):
                    return None
                byte = self._buffer[at]
                at += 1
                value |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80:
                    break
            numbers.append(value)
        length, number = numbers
        if len(self._buffer) < at + length:
            return None
        payload, self._buffer = self._buffer[at : at + length], self._buffer[at + length :]
        return MESSAGE_TYPE_TO_PROTO[number].FromString(payload)
