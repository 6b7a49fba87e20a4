"""What trying out a broker means, in sentences: can somebody else command the devices, and how is that closed?"""

from __future__ import annotations

import ipaddress
import os
import pwd
import stat
from collections.abc import Collection, Iterator
from typing import Final

from drivers.driver import Insight, Inspection
from drivers.mqtt.broker_recipe import recipe
from drivers.mqtt.device import Device
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.probe import Tried, probe
from drivers.mqtt.publishers import publishers
from drivers.mqtt.settings import MqttSettings

CLOSE: Final = "`hearth doctor --broker-acl` prints an access list for mosquitto that closes it"

TASMOTA_PLACES: Final = "tasmota/discovery/"
"""How the places of what Tasmota announces begin, wherever it does so."""

SHOWN: Final = 3
"""Topics that are named as examples."""


async def inspect(
    settings: MqttSettings, version: int, discovery: Discovery, adopted: Collection[str] | None
) -> Inspection:
    """`version` is that of the protocol which the broker speaks with us, 0 while there is no link; `adopted` as in
    `Inspectable`.
    """
    ours: list[Device] = []
    others: list[Device] = []
    for device in discovery.devices.values():
        (ours if adopted is None or device.id in adopted else others).append(device)
    known, waiting = (publishers(some, discovery.announced_at) for some in (ours, others))
    for publisher in (*known.values(), *waiting.values()):
        publisher.announces = {_tasmota_s(settings, topic) for topic in publisher.announces}
    recipes = recipe(settings, known, waiting, _runs_as()) if not settings.managed else {}
    secret = _password_file(settings)
    if not version:
        away = Insight(
            "broker", "warning", f"{settings.address} is not connected: nothing could be tried out"
        )
        return Inspection((away, *secret), recipes)
    commands = {topic for found in (known, waiting) for one in found.values() for topic in one.told}
    tried = await probe(settings, version, commands)
    if tried.failure:
        text = f"nothing could be tried out at {settings.address}: {tried.failure}"
        return Inspection((Insight("broker", "warning", text), *secret), recipes)
    return Inspection((*_insights(settings, tried), *secret), recipes)


def _tasmota_s(settings: MqttSettings, place: str) -> str:
    """Where a Tasmota announces itself in its own words: `<prefix>/<mac>/config` and `…/sensors`."""
    if not place.startswith(TASMOTA_PLACES):
        return place
    mac = place.removeprefix(TASMOTA_PLACES).split("/")[0]
    return f"{settings.tasmota_prefix or TASMOTA_PLACES.rstrip('/')}/{mac}/+"


def _password_file(settings: MqttSettings) -> Iterator[Insight]:
    file = settings.password_file
    try:
        mode = file.stat().st_mode if file is not None else 0
    except OSError:
        return
    if mode & stat.S_IRWXO:
        text = f"every user of this box can read {file}, and command the devices with it"
        yield Insight("broker password", "warning", text, f"chmod 600 {file}")


def _runs_as() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _insights(settings: MqttSettings, tried: Tried) -> Iterator[Insight]:
    yield _access(settings, tried)
    yield _commands(settings, tried)
    if tried.announces:
        text = "anybody may announce devices: what a stranger publishes there arrives"
        yield Insight("broker announcements", "warning", text, CLOSE)
    if tried.blocked:
        text = (
            f"commands cannot work: what the gateway publishes near {_some(tried.blocked)} does not come back to it; "
            "the broker's access list denies it"
        )
        user = f"the user {settings.username}" if settings.username else "it (it has no user of its own yet)"
        remedy = f"let {user} publish and hear there, as in the access list of `hearth doctor --broker-acl`"
        yield Insight("broker gateway", "failure", text, remedy)
    elif tried.own:
        yield Insight(
            "broker gateway", "ok", "what the gateway publishes on command topics arrives" + _sampled(tried)
        )
    elif tried.all_places:
        text = "nothing could be tried out: the broker takes no messages, or does not acknowledge them"
        yield Insight("broker gateway", "warning", text, "look into the broker's log")
    if tried.kept:
        text = f"it keeps commands: {_some(tried.kept)}; a device that reconnects carries them out again"
        remedy = f"clear each: mosquitto_pub -r -n -t '{tried.kept[0]}'"
        yield Insight("broker kept commands", "warning", text, remedy)
    yield _wire(settings)


def _access(settings: MqttSettings, tried: Tried) -> Insight:
    if tried.stranger is None:
        text = f"anybody who reaches {settings.address} is let in without a password"
        return Insight("broker access", "warning", text, CLOSE)
    return Insight("broker access", "ok", f"nobody is let in without a password ({tried.stranger})")


def _commands(settings: MqttSettings, tried: Tried) -> Insight:
    name = "broker commands"
    if tried.arrived:
        text = f"anybody may command devices: what a stranger publishes near {_some(tried.arrived)} arrives"
        return Insight(name, "warning", text, CLOSE)
    if settings.managed:
        return Insight(name, "ok", "the broker is the gateway's own: nobody else may publish commands")
    if not tried.own and not tried.blocked:
        return Insight(name, "ok", "no device takes commands yet: nothing to try out")
    if not tried.own:
        return Insight(name, "ok", "nothing arrives there, whoever publishes it")
    text = "a stranger's do not arrive; whether other users of the broker may send them, only its access list tells"
    return Insight(name, "ok", text, "compare it with that of `hearth doctor --broker-acl`")


def _wire(settings: MqttSettings) -> Insight:
    name = "broker link"
    if settings.tls is not None:
        return Insight(name, "ok", "encrypted (TLS)")
    if _is_this_box(settings.host):
        return Insight(name, "ok", "not encrypted, and does not leave this box")
    text = f"not encrypted: password and commands cross the network to {settings.host} as they are"
    return Insight(
        name, "warning", text, "set up a listener with TLS in mosquitto, and `tls = true` in [mqtt]"
    )


def _is_this_box(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _sampled(tried: Tried) -> str:
    if tried.places >= tried.all_places:
        return ""
    return f" (tried out in {tried.places} of {tried.all_places} places, some of each first level)"


def _some(topics: list[str]) -> str:
    more = f" and {len(topics) - SHOWN} more" if len(topics) > SHOWN else ""
    return ", ".join(topics[:SHOWN]) + more
