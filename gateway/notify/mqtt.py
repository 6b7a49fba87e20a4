"""MQTT: one message to one topic, at QoS 1, over a connection that is made for it. Notices are rare."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Final, NamedTuple

from gateway.config import Channel, Mqtt
from gateway.notify.channels import HOUSE
from gateway.notify.notice import Notice
from gateway.notify.secrets import SecretError, secret_of
from gateway.notify.sending import Link, Undelivered, encoded

CONNECT_S: Final = 5.0
ANSWER_S: Final = 5.0
"""For the broker's word that it took us, and that it took the message; each is short on any network that works."""

KEEPALIVE_S: Final = 30


class _Broker(NamedTuple):
    """How it is reached."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class MqttPublisher:
    """Publishes what a webhook is sent, too. `broker = "house"` is the broker of [mqtt], with its user."""

    def __init__(self, channel: Channel, house: Mqtt | None, state_dir: Path, link: Link) -> None:
        self._channel = channel
        self._house = house
        self._state_dir = state_dir
        self._link = link

    @property
    def where(self) -> str:
        at = "the house's broker" if self._channel.broker == HOUSE else self._channel.broker
        return f"{self._channel.topic} at {at}"

    async def send(self, notice: Notice) -> str:
        try:
            broker = self._own() if self._channel.broker != HOUSE else self._of_house()
        except SecretError as error:
            raise Undelivered(str(error), "mend the file; it is read anew each time") from None
        try:
            return await asyncio.to_thread(_publish, broker, self._channel.topic, encoded(notice, self._link))
        except ImportError:
            remedy = "pip install 'hearth-gateway[mqtt]'"
            raise Undelivered("this installation has no MQTT", remedy) from None

    def _own(self) -> _Broker:
        channel = self._channel
        port = channel.port or (8883 if channel.tls else 1883)
        password = secret_of(channel.password_file) if channel.password_file else ""
        return _Broker(channel.broker, port, channel.username, password, channel.tls, channel.ca)

    def _of_house(self) -> _Broker:
        house = self._house
        if house is None:
            raise Undelivered("there is no [mqtt]", "give a broker's host in `broker`")
        if house.managed is None:
            password = secret_of(house.password_file) if house.password_file else ""
            tls = (house.tls, house.ca, house.certificate, house.key)
            return _Broker(house.host, house.port, house.username, password, *tls)
        from drivers.mqtt.broker_users import GATEWAY  # noqa: PLC0415  only where the broker is our own

        directory = self._state_dir / "broker"
        port = secret_of(directory / "port")  # written when it was started
        return _Broker("127.0.0.1", int(port), GATEWAY, secret_of(directory / f"{GATEWAY}.password"))


def _publish(broker: _Broker, topic: str, payload: bytes) -> str:
    """In a thread of its own: paho waits. Raises `Undelivered`, `ImportError`."""
    from paho.mqtt.client import Client  # noqa: PLC0415  only where it is used
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    answered, refusal = threading.Event(), [""]

    def on_connect(
        _client: object, _data: object, _flags: object, reason: object, _properties: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            refusal[0] = str(reason)
        answered.set()

    client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    client.on_connect = on_connect
    client.connect_timeout = CONNECT_S
    if broker.username:
        client.username_pw_set(broker.username, broker.password or None)
    try:
        if broker.tls:
            client.tls_set(_name(broker.ca), _name(broker.certificate), _name(broker.key))
        client.connect(broker.host, broker.port, KEEPALIVE_S)
        client.loop_start()
        return _hand_over(client, topic, payload, answered, refusal)
    except (OSError, ValueError, RuntimeError) as error:  # ssl.SSLError is an OSError
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Undelivered(said, "is the broker's address right, and is it up?") from None
    finally:
        client.disconnect()
        client.loop_stop()


def _hand_over(
    client: object, topic: str, payload: bytes, answered: threading.Event, refusal: list[str]
) -> str:
    from paho.mqtt.client import Client  # noqa: PLC0415

    assert isinstance(client, Client)
    if not answered.wait(ANSWER_S):
        raise Undelivered("the broker did not answer", "is that a broker?")
    if refusal[0]:
        remedy = "look at `username` and `password_file`, as the broker knows them"
        raise Undelivered(f"the broker refused us: {refusal[0]}", remedy)
    message = client.publish(topic, payload, qos=1)
    message.wait_for_publish(ANSWER_S)
    if not message.is_published():
        remedy = "may this user publish to the topic? A broker that forbids it says nothing, or hangs up"
        raise Undelivered("the broker did not confirm the message", remedy)
    return "the broker has it"


def _name(file: Path | None) -> str | None:
    return None if file is None else str(file)
