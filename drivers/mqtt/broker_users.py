"""Who may do what on the managed broker: one user for each publisher, with the topics it may use and no
others.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

GATEWAY: Final = "hearth"
"""The only user that may publish command topics."""

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# MQTT 3.1.1 section 4.7.3 allows 65,535 bytes; nobody needs more than this in a pattern.
_PATTERN_CHARACTERS: Final = 512


def random_password() -> str:
    """192 bits, URL-safe."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user of the broker. What `publish` and `subscribe` do not name is forbidden.

    Both hold MQTT topic filters (`+` one level, `#` the rest; MQTT 3.1.1 section 4.7). The password is random
    unless given, and is left out of `repr`. Raises `ValueError` for a name or filter that no broker would
    take.
    """

    name: str
    password: str = field(default_factory=random_password, repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "publish", tuple(self.publish))
        object.__setattr__(self, "subscribe", tuple(self.subscribe))
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"broker user {self.name!r}: a name is 1 to 64 of A-Z a-z 0-9 _ . -")
        if not self.password or any(c < " " for c in self.password):
            raise ValueError(f"broker user {self.name!r}: the password is empty or holds control characters")
        for pattern in (*self.publish, *self.subscribe):
            check_pattern(pattern)


def check_pattern(pattern: str) -> None:
    """Raise `ValueError` unless `pattern` is a topic filter by MQTT 3.1.1 section 4.7.1."""
    levels = pattern.split("/")
    wrong = (
        not 0 < len(pattern) <= _PATTERN_CHARACTERS
        or any(c < " " or c == "\x7f" for c in pattern)
        or any("#" in level and (level != "#" or i != len(levels) - 1) for i, level in enumerate(levels))
        or any("+" in level and level != "+" for level in levels)
    )
    if wrong:
        raise ValueError(
            f"topic pattern {pattern!r}: levels are separated by '/', '+' stands for one whole level, "
            f"'#' only at the end, at most {_PATTERN_CHARACTERS} characters"
        )


def gateway_user(password: str = "") -> BrokerUser:
    """The gateway itself: hears everything, and alone publishes commands."""
    return BrokerUser(GATEWAY, password or random_password(), publish=("#",), subscribe=("#",))


def zigbee2mqtt_user(
    name: str = "zigbee2mqtt", base: str = "zigbee2mqtt", prefix: str = "homeassistant"
) -> BrokerUser:
    """Zigbee2MQTT with base topic `base`: publishes states, availability, logging, responses and discovery
    under `prefix`; never `<name>/set`, `<name>/get` or `bridge/request/…`. Friendly names must not contain a
    slash.
    """
    return BrokerUser(
        name,
        publish=(
            f"{base}/+",
            f"{base}/+/availability",
            f"{base}/bridge/state",
            f"{base}/bridge/info",
            f"{base}/bridge/logging",
            f"{base}/bridge/devices",
            f"{base}/bridge/groups",
            f"{base}/bridge/definitions",
            f"{base}/bridge/extensions",
            f"{base}/bridge/converters",
            f"{base}/bridge/event",
            f"{base}/bridge/health",
            f"{base}/bridge/response/#",
            f"{prefix}/#",
        ),
        subscribe=(f"{base}/#", f"{prefix}/#"),
    )


def check_users(users: Iterable[BrokerUser]) -> tuple[BrokerUser, ...]:
    """The users as a tuple. Raises `ValueError` when a name occurs twice or there is nobody."""
    all_users = tuple(users)
    names = [user.name for user in all_users]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"broker users named twice: {', '.join(twice)}")
    if not names:
        raise ValueError("the broker needs at least one user")
    return all_users
