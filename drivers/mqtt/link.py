"""One connection to a broker: a paho client driven from the asyncio loop, used once and thrown away.

A new client for each connection means that nothing unacknowledged is ever sent again by the library
(MQTT 5, section 4.4, lets a client do that; a command must not act twice).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.driver import NotSent, Rejected, Uncertain
from drivers.mqtt.client import LoopClient, MessageHandler
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.sockets import BufferedSocket

MAX_UNACKNOWLEDGED_MESSAGES: Final = 256
"""Commands at QoS 1 that may wait for their PUBACK at once; the broker's Receive Maximum lowers it (MQTT 5, 3.2.2.3.3)."""

CONNACK_TIMEOUT_S: Final = 10.0
"""A broker that takes longer is not there: paho and mosquitto's own clients wait as long."""

HOUSEKEEPING_INTERVAL_S: Final = 1.0
"""paho looks after pings in this step; the keep-alive interval is at least five of them."""

SUBSCRIBE_CHUNK_TOPICS: Final = 100
"""Topics in one SUBSCRIBE packet: some 5 kB, below the smallest packet limit seen with brokers."""

NOT_AUTHORIZED: Final = 0x87
NO_MATCHING_SUBSCRIBERS: Final = 0x10


class ConnectError(Exception):
    """The broker did not take us. `unsupported_version` is true where an older protocol may help."""

    def __init__(self, text: str, *, unsupported_version: bool = False) -> None:
        super().__init__(text)
        self.unsupported_version = unsupported_version


class Link:
    """One connection, from CONNECT to its loss. Everything is called from the loop's thread.

    `on_lost(reason)` is called exactly once, also when we close it ourselves; `on_refused(topic, text)` for each
    subscription that the broker does not grant.
    """

    def __init__(
        self,
        sock: BufferedSocket,
        settings: MqttSettings,
        *,
        version: int,
        on_message: MessageHandler,
        on_lost: Callable[[str], None],
        on_refused: Callable[[str, str], None],
    ) -> None:
        self.lost = False
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._on_lost = on_lost
        self._on_refused = on_refused
        self._handler = on_message
        self._acks: dict[int, asyncio.Future[int]] = {}
        self._subscribing: dict[int, tuple[list[str], Callable[[], None] | None]] = {}
        self._connected: asyncio.Future[None] = self._loop.create_future()
        self._writing = False
        self._max_unacknowledged = MAX_UNACKNOWLEDGED_MESSAGES
        self._max_qos = 2
        self._timer: asyncio.TimerHandle | None = None
        self._client = self._make_client(settings, version)

    def _make_client(self, settings: MqttSettings, version: int) -> LoopClient:
        protocol = MQTTv5 if version == 5 else MQTTv311
        client = LoopClient(self._sock, settings.client_id, protocol, self._handler)
        if settings.username is not None:
            password = settings.password
            client.username_pw_set(settings.username, password.get_secret_value() if password else None)
        client.will_set(settings.status_topic, b"offline", qos=1, retain=True)
        client.max_inflight_messages_set(0)  # no queue of paho's own: `publish` counts
        client.max_queued_messages_set(MAX_UNACKNOWLEDGED_MESSAGES)
        client.on_connect = self._connack
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        client.on_publish = self._acknowledged
        client.on_subscribe = self._suback
        client.on_socket_close = self._detach
        client.on_socket_register_write = _ignore  # we flush ourselves, right after each call
        return client

    async def connect(self, settings: MqttSettings) -> None:
        """Shake hands. Raises `ConnectError`; then the link is closed."""
        self._loop.add_reader(self._sock.fileno(), self._readable)
        try:
            self._client.greet(settings.host, settings.port, settings.keepalive_s)  # its first start is clean
            self._flush()
            async with asyncio.timeout(CONNACK_TIMEOUT_S):
                await self._connected
        except TimeoutError:
            self.abort("no answer to CONNECT")
            raise ConnectError(
                f"the broker did not answer CONNECT within {CONNACK_TIMEOUT_S:.0f} s"
            ) from None
        except BaseException:
            self.abort("could not connect")
            raise
        self._timer = self._loop.call_later(HOUSEKEEPING_INTERVAL_S, self._housekeeping)

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> asyncio.Future[int] | None:
        """Send now. The future gives the PUBACK's reason code, or `Uncertain` if the link is lost first; None at QoS 0.
        Raises `NotSent`, before or instead of the first byte.
        """
        if self.lost:
            raise NotSent("the link to the broker is down")
        if self._client.want_write():
            raise NotSent("the broker takes no more: it does not read what was sent; try again")
        qos = min(qos, self._max_qos)
        if qos and len(self._acks) >= self._max_unacknowledged:
            raise NotSent(
                f"the broker takes no more: {len(self._acks)} messages are not acknowledged; try again"
            )
        if qos == 0 and self._client.send_plain(topic.encode(), payload, retain=retain):
            if self._client.want_write():
                self._flush()  # a part is left over: send it as soon as there is room
            return None
        info = self._client.publish(topic, payload, qos, retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotSent(f"the message was not taken: {info.rc.name}")
        ack = None
        if qos:
            ack = self._acks[info.mid] = self._loop.create_future()
        self._flush()
        if self._is_lost():  # while we were sending: the broker never saw a complete packet
            raise NotSent("the link to the broker broke while sending")
        return ack

    def subscribe(self, topics: Iterable[tuple[str, int]], done: Callable[[], None]) -> None:
        """Ask for topic filters, each with its QoS. Retained messages follow. `done` is called when the broker has answered
        for all of them, be it with a refusal; never if the link is lost before.
        """
        pending = list(topics)
        for start in range(0, len(pending), SUBSCRIBE_CHUNK_TOPICS):
            chunk = pending[start : start + SUBSCRIBE_CHUNK_TOPICS]
            if self._client.protocol == MQTTv5:
                _, mid = self._client.subscribe([(topic, SubscribeOptions(qos=qos)) for topic, qos in chunk])
            else:
                _, mid = self._client.subscribe(chunk)
            if mid is not None:
                last = start + SUBSCRIBE_CHUNK_TOPICS >= len(
                    pending
                )  # answers come in order (MQTT 5, section 4.6)
                self._subscribing[mid] = ([topic for topic, _ in chunk], done if last else None)
        self._flush()

    @property
    def oversized(self) -> int:
        """How many messages were too large to be heard."""
        return self._client.oversized

    @property
    def subscribing(self) -> bool:
        """Whether the broker still owes answers to subscriptions."""
        return bool(self._subscribing)

    def unsubscribe(self, topics: list[str]) -> None:
        for start in range(0, len(topics), SUBSCRIBE_CHUNK_TOPICS):
            self._client.unsubscribe(topics[start : start + SUBSCRIBE_CHUNK_TOPICS])
        self._flush()

    def close(self) -> None:
        """Say goodbye, so that the broker keeps the last will to itself, and close."""
        if not self.lost:
            self._client.disconnect()
            self._flush()
        self.abort("closed")

    def abort(self, reason: str) -> None:
        """Close without a word."""
        self._detach()
        self._sock.close()
        self._lose(reason)

    def _is_lost(self) -> bool:
        """`lost`, for after a call that may have changed it."""
        return self.lost

    # -- what the loop calls ---------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        sock, client = self._sock, self._client
        if not sock.fill():
            return
        while not self.lost:
            if not client.read_plain():
                client.loop_read()
            if not sock.pending:
                break
        if not self.lost and sock.ended:
            client.loop_read()  # lets paho see the end
        self._flush()

    def _writable(self) -> None:
        self._client.loop_write()
        self._flush()

    def _housekeeping(self) -> None:
        self._client.loop_misc()
        self._flush()
        if not self.lost:
            self._timer = self._loop.call_later(HOUSEKEEPING_INTERVAL_S, self._housekeeping)

    def _flush(self) -> None:
        """Hand to the kernel what it takes, and watch for room if it did not take everything."""
        if self.lost:
            return
        client = self._client
        if client.want_write():
            client.loop_write()
        waiting = client.want_write() and not self.lost
        if waiting is not self._writing and not self.lost:
            self._writing = waiting
            if waiting:
                self._loop.add_writer(self._sock.fileno(), self._writable)
            else:
                self._loop.remove_writer(self._sock.fileno())

    # -- what paho calls -------------------------------------------------------------------------------------------------

    def _connack(
        self,
        client: Client,
        userdata: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._connected.done():
            return
        if reason.is_failure:
            unsupported = reason.value == 0x84
            text = f"the broker refused the connection: {reason} (0x{reason.value:02x})"
            self._connected.set_exception(ConnectError(text, unsupported_version=unsupported))
            return
        limit = getattr(properties, "ReceiveMaximum", MAX_UNACKNOWLEDGED_MESSAGES)
        self._max_unacknowledged = min(MAX_UNACKNOWLEDGED_MESSAGES, limit)
        self._max_qos = getattr(properties, "MaximumQoS", 2)
        self._connected.set_result(None)

    def _disconnected(
        self,
        client: Client,
        userdata: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._lose(f"the broker closed the link: {reason}")
        else:
            self._lose("the link to the broker was lost")

    def _message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            self._handler(message.topic, bytes(message.payload), message.retain)

    def _acknowledged(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        ack = self._acks.pop(mid, None)
        if ack is not None and not ack.done():
            ack.set_result(reason.value)

    def _suback(
        self,
        client: Client,
        userdata: Any,
        mid: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        topics, done = self._subscribing.pop(mid, ([], None))
        for topic, reason in zip(topics, reasons, strict=False):
            if reason.is_failure:
                self._on_refused(topic, f"the broker refuses the subscription: {reason}")
        if done is not None:
            done()

    def _detach(self, *_: object) -> None:
        fileno = self._sock.fileno()
        if fileno >= 0:
            self._loop.remove_reader(fileno)
            self._loop.remove_writer(fileno)

    def _lose(self, reason: str) -> None:
        if self.lost:
            return
        self.lost = True
        if self._timer is not None:
            self._timer.cancel()
        if not self._connected.done():
            self._connected.set_exception(ConnectError(reason, unsupported_version=True))
        for ack in self._acks.values():
            if not ack.done():
                ack.set_exception(Uncertain(f"{reason}; the broker had not acknowledged the command"))
                ack.exception()  # whoever waited may have been cancelled: then nobody fetches it, and that is no error
        self._acks.clear()
        self._on_lost(reason)


def check_ack(code: int, topic: str) -> None:
    """Raise what a PUBACK's reason code means (MQTT 5, section 3.4.2.1)."""
    if code == NO_MATCHING_SUBSCRIBERS:
        raise NotSent(f"nobody listens on topic {topic!r}: is the device's bridge running?")
    if code == NOT_AUTHORIZED:
        raise Rejected(f"the broker's access rules (ACL) refuse publishing to topic {topic!r}")
    if code >= 0x80:
        raise Rejected(f"the broker refused the message to topic {topic!r} with reason 0x{code:02x}")


def _ignore(*_: object) -> None:
    """A callback must be set, or paho would write on its own."""
