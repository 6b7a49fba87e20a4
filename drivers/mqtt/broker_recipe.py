"""Files for a mosquitto that the house runs itself, after which the gateway alone can publish commands.

One user for each publisher of adopted devices: it may publish its own states and announcements, and hear its commands. What
nobody has adopted may be anybody's: its lines are commented out. What is not announced is not known here: whoever else uses the
broker has to be added by hand, and the list says how.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from drivers.mqtt.broker_rights import MOST_FILTERS, announces_anything, any_announcement, hearing, publishing
from drivers.mqtt.broker_users import GATEWAY
from drivers.mqtt.publishers import Publisher
from drivers.mqtt.settings import MqttSettings

FOLDER: Final = "/etc/mosquitto"
ACL_FILE: Final = f"{FOLDER}/hearth.acl"
PASSWORDS_FILE: Final = f"{FOLDER}/hearth.passwords"
GATEWAY_FOLDER: Final = "/etc/hearth"
GATEWAY_PASSWORD: Final = f"{GATEWAY_FOLDER}/mqtt.password"

HOME_ASSISTANT: Final = "homeassistant"

_HEAD: Final = """\
# Who may publish and hear what. Whoever is not named here is locked out: Home Assistant, MQTT Explorer, phones, and whatever
# announces nothing; how to let them in stands at the end.
# What remains open: in its own announcements a publisher may still claim to be another device. The gateway tells of that, and
# suspends what was adopted when its commands change.
"""


def recipe(
    settings: MqttSettings,
    adopted: Mapping[str, Publisher],
    waiting: Mapping[str, Publisher],
    runs_as: str = GATEWAY,
) -> dict[str, str]:
    """Texts by what they are for, in the order in which they are needed. `waiting` are the publishers of what is not adopted;
    `runs_as` is the system's user that the gateway runs as.
    """
    ours = settings.username or GATEWAY
    names = {name: _user(name, ours) for name in {**adopted, **waiting}}
    users = sorted(names[name] for name in adopted)
    later = sorted({names[name] for name in waiting} - set(users))
    return {
        ACL_FILE: _acl(settings, ours, names, adopted, waiting),
        "passwords: as root, in this order; mosquitto_passwd asks for each": _passwords(
            [ours, *users], [*later, HOME_ASSISTANT]
        ),
        f"{FOLDER}/conf.d/hearth.conf": (
            f"allow_anonymous false\npassword_file {PASSWORDS_FILE}\nacl_file {ACL_FILE}\n"
        ),
        "the gateway's own password: as root": _gateway_password(ours, runs_as),
        "hearth.toml, in [mqtt]": f'username = "{ours}"\npassword_file = "{GATEWAY_PASSWORD}"\n',
        "then": (
            f"give each publisher its user and password ({', '.join(users) or 'none is adopted yet'}), "
            "and restart mosquitto, the publishers and the gateway\n"
        ),
    }


def _acl(
    settings: MqttSettings,
    ours: str,
    names: Mapping[str, str],
    adopted: Mapping[str, Publisher],
    waiting: Mapping[str, Publisher],
) -> str:
    """Nothing is allowed that does not stand under the user's name (mosquitto.conf(5), acl_file)."""
    lines = [
        _HEAD,
        "# the gateway: it alone may publish commands",
        f"user {ours}",
        "topic write #",
        "topic read #",
    ]
    adopted_tells = {topic for one in adopted.values() for topic in one.tells}
    commands = {topic for one in adopted.values() for topic in one.told}
    # What a stranger calls its command topic takes nothing away from who was adopted.
    strange = {topic for one in waiting.values() for topic in one.told} - adopted_tells
    for name, publisher in sorted(adopted.items()):
        others = {other: one for other, one in adopted.items() if other != name}
        lines += ["", f"# {publisher.devices}", f"user {names[name]}"]
        allowed = publishing(settings, publisher, others, commands | strange)
        lines += _rights(settings, publisher, allowed)
        if name in waiting:
            more = _not_adopted(settings, waiting[name], adopted, commands | strange)
            lines += (line for line in more if line.removeprefix("# ") not in lines)
    for name, publisher in sorted(waiting.items()):
        if name not in adopted:
            lines += ["", *_not_adopted(settings, publisher, adopted, commands | strange, names[name])]
    lines += _guests(settings)
    return "\n".join(lines) + "\n"


def _rights(settings: MqttSettings, publisher: Publisher, allowed: list[str]) -> Iterator[str]:
    prefix = settings.discovery_prefix
    yield from (f"topic write {one}" for one in allowed)
    yield from (f"topic read {one}" for one in hearing(settings, publisher))
    if len(allowed) >= MOST_FILTERS:
        yield f"# it tells at more topics than the {MOST_FILTERS} lines above allow: add the others by hand"
    if announces_anything(prefix, allowed):
        yield "# it announces at too many topics for a line each, and so may announce any device"
    else:
        yield "# a new device announces itself elsewhere: print this anew, or let it announce any device while you pair one:"
        yield from (f"# topic write {one}" for one in any_announcement(prefix))


def _not_adopted(
    settings: MqttSettings,
    publisher: Publisher,
    adopted: Mapping[str, Publisher],
    never: set[str],
    user: str = "",
) -> Iterator[str]:
    yield f'# Not adopted, or suspended: {publisher.devices}. If you know whose that is, take the "# " off these lines:'
    if user:
        yield f"# user {user}"
    yield from (f"# topic write {one}" for one in publishing(settings, publisher, adopted, never))
    yield from (f"# topic read {one}" for one in hearing(settings, publisher))


def _guests(settings: MqttSettings) -> Iterator[str]:
    yield from (
        "",
        '# Home Assistant on this broker: take the "# " off these three lines. It hears everything, and says that it was born.',
        f"# user {HOME_ASSISTANT}",
        "# topic read #",
        f"# topic write {settings.birth_topic}",
        "# With the next line it commands devices, too, past the gateway: no rule of the house holds, nothing is recorded, and",
        "# whoever gets into Home Assistant opens what you locked. Rather let it ask the gateway.",
        "# # topic write #",
        "",
        "# Who looks on (MQTT Explorer, a phone): hears everything, and publishes nothing.",
        "# user onlooker",
        "# topic read #",
        "",
        "# A device that announces nothing: a user of its own, with what it publishes and what it is told.",
        "# user my-device",
        "# topic write my-device/state",
        "# topic read my-device/set",
        f"# Each also needs a password: mosquitto_passwd {PASSWORDS_FILE} NAME; then restart mosquitto.",
    )


def _passwords(users: list[str], later: list[str]) -> str:
    """Without mosquitto_passwd's -c, which empties a file that is there."""
    lines = [f"test -e {PASSWORDS_FILE} || install -m 600 /dev/null {PASSWORDS_FILE}"]
    lines += [f"mosquitto_passwd {PASSWORDS_FILE} {name}" for name in users]
    lines += [f"# mosquitto_passwd {PASSWORDS_FILE} {name}" for name in later]
    lines += [f"{tool} {PASSWORDS_FILE} {ACL_FILE}" for tool in ("chown mosquitto:", "chmod 600")]
    return "\n".join(lines) + "\n"


def _gateway_password(ours: str, runs_as: str) -> str:
    return (
        f"install -d -m 755 {GATEWAY_FOLDER}\n"
        f"test -e {GATEWAY_PASSWORD} || install -m 600 /dev/null {GATEWAY_PASSWORD}\n"
        f"chown {runs_as}: {GATEWAY_PASSWORD} && chmod 600 {GATEWAY_PASSWORD}\n"
        f"# write the password of {ours} into it, and nothing else: nano {GATEWAY_PASSWORD}\n"
    )


def _user(name: str, ours: str) -> str:
    """Never the gateway's own, nor Home Assistant's, whatever a publisher calls itself."""
    return f"{name}-publisher" if name in {ours, HOME_ASSISTANT, "onlooker"} else name
