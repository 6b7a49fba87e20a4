"""paho's client, fitted to the asyncio loop and to many small messages.

Overrides two of paho's internal methods and feeds a third; the tests of links hold that down byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from drivers.mqtt.sockets import BufferedSocket

_PUBLISH: Final = 0x30
# Not a command: bytes whose beginning has gone out already, for paho to send when there is room.
_REST_OF_A_PACKET: Final = 0

MessageHandler = Callable[[str, bytes, bool], None]
"""topic, payload, retained. Must not raise."""


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

    def _handle_publish(self) -> MQTTErrorCode:
        """The common message, QoS 0 without properties, in a third of paho's time (MQTT 5, section 3.3); others go paho's
        way.
        """
        packet = self._in_packet["packet"]
        command = self._in_packet["command"]
        if command & 0x06 == 0 and len(packet) > 2:
            end = 2 + (packet[0] << 8 | packet[1])
            if not self._is_v5:
                start = end
            elif end < len(packet) and packet[end] == 0:
                start = end + 1
            else:
                return super()._handle_publish()
            if 2 < end <= len(packet):
                try:
                    topic = packet[2:end].decode()
                except UnicodeDecodeError:
                    return MQTTErrorCode.MQTT_ERR_PROTOCOL  # section 1.5.4: close the connection
                self._handler(topic, bytes(packet[start:]), bool(command & 0x01))
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._handle_publish()
