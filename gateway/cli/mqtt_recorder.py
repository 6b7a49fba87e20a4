"""A client that listens to a broker and redacts what it hears before it keeps it. Imported by `hearth record mqtt` alone."""

from __future__ import annotations

import select
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt.recording.following import Following
from drivers.mqtt.recording.tape import Recorded, Tape, written
from drivers.recording.redaction import Redactor

MAX_MESSAGES: Final = 100_000
"""A house of 500 devices says as much in an hour."""

MAX_PAYLOAD_BYTES: Final = 524_288
"""As long as the longest announcement that the driver reads; pictures are longer."""

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of all payloads together: held in memory until the end, so that nothing is ever half written."""

QUIET_S: Final = 1.0
"""When no announcement has come for so long, the kept ones are all here."""

CONNECT_PATIENCE_S: Final = 10.0
LOOP_S: Final = 0.1


class Recorder:
    """Listens between `connect` and `close`. Raises `OSError` where the broker cannot be reached or refuses."""

    def __init__(self, prefix: str, *, states: bool = True) -> None:
        self.prefix = prefix
        self.messages: list[Recorded] = []
        self.left_out = 0
        self._following = Following(prefix)
        self._redactor = Redactor()
        self._states = states
        self._bytes = 0
        self._stopped = False
        self._started = self._announced_at = time.monotonic()
        self._answer: ReasonCode | None = None
        self._client = Client(
            CallbackAPIVersion.VERSION2, reconnect_on_failure=False
        )  # the broker gives it a name
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect

    @property
    def announced(self) -> int:
        return self._following.announced

    @property
    def replaced(self) -> Counter[str]:
        return self._redactor.counts

    def connect(
        self, host: str, port: int, username: str, password: str, *, tls: bool = False, ca: Path | None = None
    ) -> None:
        """Returns when the broker has let us in."""
        if username:
            self._client.username_pw_set(username, password or None)
        if tls:
            self._client.tls_set_context(ssl.create_default_context(cafile=ca))
        self._client.connect(host, port)
        deadline = time.monotonic() + CONNECT_PATIENCE_S
        while self._answer is None:
            if time.monotonic() > deadline:
                raise TimeoutError("it does not answer")
            self._loop()
        if self._answer.is_failure:
            raise ConnectionRefusedError(str(self._answer))
        self._started = self._announced_at = time.monotonic()
        self._client.subscribe([(topic, 0) for topic in self._following.first()])

    def run(self, seconds: float | None) -> None:
        """Listen for so long (None: without end) or, for announcements only, until they are all here."""
        until = None if seconds is None else self._started + seconds
        while not self._stopped and (until is None or time.monotonic() < until):
            if not self._states and time.monotonic() - self._announced_at > QUIET_S:
                return
            self._loop()
        self._finish()

    def stop(self) -> None:
        """From a signal: `run` returns soon."""
        self._stopped = True

    def close(self) -> None:
        self._client.on_disconnect = None
        self._client.disconnect()
        self._client.loop_misc()

    def lines(self) -> Iterator[bytes]:
        """Of the file."""
        yield from written(Tape(self._redactor.topic(self.prefix), tuple(self.messages)))

    def _finish(self) -> None:
        """What has arrived already is taken in: until there was nothing to read for a while."""
        began = now = time.monotonic()
        while now - began < QUIET_S:
            before = now
            self._loop()
            now = time.monotonic()
            if now - before >= LOOP_S / 2 and not self._has_more():
                return

    def _has_more(self) -> bool:
        """A round may have taken long because the box is busy, with more to read behind it."""
        link = self._client.socket()
        if link is None:
            return False
        if isinstance(link, ssl.SSLSocket) and link.pending():
            return True
        return bool(select.select([link], [], [], 0)[0])

    def _loop(self) -> None:
        code = self._client.loop(LOOP_S)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and (self._answer is None or not self._answer.is_failure):
            raise ConnectionError(f"the link is lost ({code.name})")

    def _on_connect(
        self, client: Client, _: object, flags: ConnectFlags, reason: ReasonCode, more: Properties | None
    ) -> None:
        self._answer = reason

    def _on_disconnect(
        self, client: Client, _: object, flags: DisconnectFlags, reason: ReasonCode, more: Properties | None
    ) -> None:
        if self._answer is None:
            self._answer = reason

    def _on_message(self, client: Client, _: object, message: MQTTMessage) -> None:
        now = time.monotonic()
        said = bytes(message.payload)
        new = self._following.feed(message.topic, said)
        if self._following.is_announcement(message.topic):
            self._announced_at = now
        if new and self._states:
            client.subscribe([(topic, 0) for topic in new])
        size = len(said)
        if size > MAX_PAYLOAD_BYTES or self._bytes + size > MAX_BYTES or len(self.messages) >= MAX_MESSAGES:
            self.left_out += 1
            return
        self._bytes += size
        payload = self._redactor.payload(said, self._following.care(message.topic))
        self.messages.append(
            Recorded(self._redactor.topic(message.topic), payload, message.retain, now - self._started)
        )
