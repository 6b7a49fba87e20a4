"""paho's client, fitted to the asyncio loop and to many small messages.

Overrides three of paho's internal methods and feeds a fourth, and reads before it; the tests of links hold that down byte
by byte.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.mqtt.sockets import BufferedSocket

_PUBLISH: Final = 0x30
# Not a command: bytes whose beginning has gone out already, for paho to send when there is room.
_REST_OF_A_PACKET: Final = 0
_SHORTEST_PUBLISH: Final = 5  # header, size, a topic of one character
_TWO_BYTE_SIZE: Final = 0x3FFF  # what two bytes of a size can say (section 1.5.5)

MAX_PACKET_BYTES: Final = 8_519_680
"""8 MiB of payload, as a Zigbee2MQTT bridge with a thousand devices or a camera may have, and the longest topic and properties.
A broker that speaks MQTT 5 keeps larger ones from us (section 3.1.2.11.4); of what another sends only the beginning is kept."""

_KEPT_OF_A_LARGE_PACKET_BYTES: Final = 70_000  # the longest topic, and a packet identifier

MessageHandler = Callable[[str, bytes, bool], None]
"""topic, payload, retained. Must not raise."""


class _Cut(bytearray):
    """Grows to the size of a topic, and no further."""

    def __iadd__(self, more: bytes | bytearray) -> _Cut:  # type: ignore[override, misc]
        self.extend(more[: max(0, _KEPT_OF_A_LARGE_PACKET_BYTES - len(self))])
        return self


class LoopClient(Client):
    """paho's client on a socket that is already open. It never connects again by itself."""

    def __init__(
        self, sock: BufferedSocket, client_id: str, protocol: MQTTProtocolVersion, handler: MessageHandler
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if protocol == MQTTv5 else True,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        self._prepared_socket = sock
        self._handler = handler
        self._is_v5 = protocol == MQTTv5
        self.oversized = 0  # messages that were thrown away

    def greet(self, host: str, port: int, keepalive_s: int) -> None:
        """Say CONNECT."""
        properties = None
        if self._is_v5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.MaximumPacketSize = MAX_PACKET_BYTES
        self.connect(host, port, keepalive_s, properties=properties)

    def send_plain(self, topic: bytes, payload: bytes, *, retain: bool) -> bool:
        """Send a QoS 0 message without properties at once, in a fifth of paho's time (MQTT 5, section 3.3): paho keeps books
        on each message, which at QoS 0 nobody reads. False if nothing was sent and paho should try.
        """
        size = 2 + len(topic) + len(payload) + self._is_v5
        packet = bytearray((_PUBLISH | retain,))
        while size > 127:
            packet.append(size & 127 | 128)
            size >>= 7
        packet.append(size)
        packet += len(topic).to_bytes(2, "big")
        packet += topic
        if self._is_v5:
            packet.append(0)  # no properties
        packet += payload
        try:
            sent = self._prepared_socket.send(packet)
        except OSError:  # no room, or the link is lost: paho finds out which
            return False
        if sent < len(packet):
            self._packet_queue(_REST_OF_A_PACKET, bytes(packet[sent:]), 0, 0)
        return True

    def _create_socket(self) -> BufferedSocket:
        return self._prepared_socket

    def read_plain(self) -> bool:
        """Hand on the message at the head of what has been read, if it is a common one (QoS 0, no properties) and complete,
        past paho, which would take three reads for it and keep books on them. False if there is none: paho should read.
        """
        sock = self._prepared_socket
        data, at = sock.buffered
        if self._in_packet["command"] or len(data) - at < _SHORTEST_PUBLISH or data[at] & 0xFE != _PUBLISH:
            return False  # paho is in the midst of a packet, or this is not for us
        size, start = data[at + 1], at + 2
        if size > 127:
            size, start = size & 127 | data[start] << 7, start + 1
        end = start + size
        if size > _TWO_BYTE_SIZE or end > len(data):
            return False
        body = self._body_of(data, start, end)
        if not body:
            return False
        try:
            topic = data[start + 2 : body - self._is_v5].decode()
        except UnicodeDecodeError:
            return False
        sock.skip_to(end)
        self._last_bytes_received = monotonic()
        self._handler(topic, data[body:end], bool(data[at] & 0x01))
        return True

    def _body_of(self, data: bytes | bytearray, start: int, end: int) -> int:
        """Where the payload of the PUBLISH packet at `start` begins; 0 for one that has properties, or is malformed."""
        if end - start <= 2:
            return 0
        stop = start + 2 + (data[start] << 8 | data[start + 1])
        if not self._is_v5:
            return stop if start + 2 < stop <= end else 0
        return stop + 1 if start + 2 < stop < end and data[stop] == 0 else 0

    def _packet_read(self) -> MQTTErrorCode:
        code = super()._packet_read()
        packet = self._in_packet
        if packet["remaining_length"] > MAX_PACKET_BYTES and not isinstance(packet["packet"], _Cut):
            packet["packet"] = _Cut(packet["packet"][:_KEPT_OF_A_LARGE_PACKET_BYTES])
        return code

    def _handle_publish(self) -> MQTTErrorCode:
        """What `read_plain` could not take, for it came in pieces, likewise; others go paho's way."""
        packet = self._in_packet["packet"]
        if isinstance(packet, _Cut):
            return self._throw_away()
        command = self._in_packet["command"]
        body = self._body_of(packet, 0, len(packet)) if command & 0x06 == 0 else 0
        if not body:
            return super()._handle_publish()
        try:
            topic = packet[2 : body - self._is_v5].decode()
        except UnicodeDecodeError:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL  # section 1.5.4: close the connection
        self._handler(topic, bytes(packet[body:]), bool(command & 0x01))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _throw_away(self) -> MQTTErrorCode:
        """A message that is too large: acknowledged where it has to be, and nobody hears it."""
        self.oversized += 1
        handler, self.on_message = self.on_message, None
        try:
            return super()._handle_publish()
        finally:
            self.on_message = handler
