"""What `[[notify]]` may say: which members mean something for which kind, and what is wrong with them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from gateway.notify.links import is_loopback
from gateway.notify.secrets import SecretError, secret_of, signing_key
from policies import Role

if TYPE_CHECKING:
    from gateway.config import Channel, Config

HOUSE: Final = "house"
"""As a broker's name: the one of [mqtt]."""

COMMON: Final = frozenset({"name", "kind", "to", "urgency", "escalation"})

# ntfy, server.go: the names that a topic may have.
_NTFY_TOPIC: Final = re.compile(r"[-_A-Za-z0-9]{1,64}")
_MQTT_TOPIC: Final = re.compile(r"[^+#\x00-\x1f]{1,200}")
_FILES: Final = ("url_file", "secret_file", "token_file", "password_file", "ca")


@dataclass(frozen=True, slots=True)
class _Members:
    """One kind's: of each tuple in `needs` exactly one must be given."""

    needs: tuple[tuple[str, ...], ...]
    may: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return COMMON | self.may | {member for one_of in self.needs for member in one_of}


KINDS: Final[Mapping[str, _Members]] = {
    "webhook": _Members((("url", "url_file"),), frozenset({"secret_file", "ca"})),
    "ntfy": _Members((("url",), ("topic",)), frozenset({"token_file", "ca"})),
    "mqtt": _Members(
        (("broker",), ("topic",)), frozenset({"port", "username", "password_file", "tls", "ca"})
    ),
    "command": _Members((("command",),)),
}


def problems_of(config: Config) -> Iterator[str]:
    """One line for each thing that is wrong, beginning with where it is."""
    seen: set[str] = set()
    for place, channel in enumerate(config.notify):
        where = f"notify.{place}"
        if channel.name in seen:
            yield f"{where}: there are two channels called {channel.name!r}; each needs a name of its own"
        seen.add(channel.name)
        for problem in (*_members(channel), *_recipients(channel), *_files(channel)):
            yield f"{where} ({channel.name}): {problem}"
        for problem in _CHECKS[channel.kind](channel, config):
            yield f"{where} ({channel.name}): {problem}"


def _members(channel: Channel) -> Iterator[str]:
    members = KINDS[channel.kind]
    given = {name for name in channel.model_fields_set if getattr(channel, name) not in ("", None, ())}
    for one_of in members.needs:
        found = [name for name in one_of if name in given]
        if not found:
            yield f"a channel of kind {channel.kind!r} needs `{'` or `'.join(one_of)}`"
        elif len(found) > 1:
            yield f"`{'` and `'.join(found)}` exclude each other; give one"
    for name in sorted(given - members.known):
        known = ", ".join(sorted(members.known - COMMON))
        yield f"`{name}` means nothing for kind {channel.kind!r}, which knows {known}"


def _recipients(channel: Channel) -> Iterator[str]:
    if not channel.to and not channel.escalation:
        yield "with `to = []` it would get nothing; name roles or ids, or set `escalation = true`"
    for word in channel.to:
        role = next((one for one in Role if word != one and word.lower().rstrip("s") == one), None)
        if role:
            yield f"`to` names {word!r}; did you mean {role.value!r}?"
        elif not word.strip():
            yield "`to` has an empty name; roles are owner, adult, child …"


def _files(channel: Channel) -> Iterator[str]:
    for name in _FILES:
        path: Path | None = getattr(channel, name)
        if path is None:
            continue
        if not path.is_file():
            yield f"{name}: there is no file {path}"
        elif not os.access(path, os.R_OK):
            yield f"{name}: {path} cannot be read by the gateway's user"


# ---------------------------------------------------------------- by kind


def _webhook(channel: Channel, _: Config) -> Iterator[str]:
    if channel.url:
        yield from _address(channel.url)
    elif channel.url_file is not None and channel.url_file.is_file():
        try:
            yield from (f"in url_file: {problem}" for problem in _address(secret_of(channel.url_file)))
        except SecretError as error:
            yield f"url_file: {error}"
    if channel.secret_file is not None and channel.secret_file.is_file():
        try:
            signing_key(secret_of(channel.secret_file))
        except SecretError as error:
            yield f"secret_file: {error}"


def _ntfy(channel: Channel, _: Config) -> Iterator[str]:
    if channel.url:
        yield from _address(channel.url)
        parts = urlsplit(channel.url)
        if parts.path.strip("/") or parts.query:
            yield 'url is the server\'s address alone, as in "https://ntfy.sh"; the topic stands in `topic`'
        if (
            channel.token_file is not None
            and parts.scheme == "http"
            and not is_loopback(parts.hostname or "")
        ):
            yield "with http the token of token_file would go over the network as it is; use https"
    if channel.topic and not _NTFY_TOPIC.fullmatch(channel.topic):
        yield "a topic of ntfy is 1 to 64 of A-Z a-z 0-9 - _"


def _mqtt(channel: Channel, config: Config) -> Iterator[str]:
    if channel.topic and not _MQTT_TOPIC.fullmatch(channel.topic):
        yield "`topic` is one topic of MQTT, 200 characters at the most, without + and #"
    if channel.broker != HOUSE:
        if channel.ca is not None and not channel.tls:
            yield "`ca` means something only with `tls = true`"
        if channel.password_file is not None and not channel.username:
            yield "`password_file` goes with a `username`"
        return
    if config.mqtt is None:
        yield '`broker = "house"` is the broker of [mqtt], and there is no [mqtt]'
    own = sorted({"port", "username", "password_file", "tls", "ca"} & channel.model_fields_set)
    if own:
        yield f'with `broker = "house"` [mqtt] says how to reach it; leave out {", ".join(own)}'


def _command(channel: Channel, _: Config) -> Iterator[str]:
    if not channel.command:
        return
    program = Path(channel.command[0])
    if not program.is_absolute():
        example = '["/usr/bin/logger", "-t", "hearth"]'
        yield f"`command` begins with a program's whole path, as in {example}; it begins with {str(program)!r}"
    elif not program.is_file() or not os.access(program, os.X_OK):
        yield f"`command`: {program} is no program that the gateway's user may run"
    if any("\0" in word for word in channel.command):
        yield "`command` holds a NUL character"


def _address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        yield f"the address cannot be understood: {error}"
        return
    yield from _parts(parts)


def _parts(parts: SplitResult) -> Iterator[str]:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield 'the address begins with https:// or http:// and names a host, as in "https://example.org/hook"'
    if parts.username is not None or parts.password is not None:
        yield "no name or password stands in an address: it is shown; put a secret into a file"
    if parts.fragment:
        yield "an address of a channel has no part after #"


_CHECKS: Final = {"webhook": _webhook, "ntfy": _ntfy, "mqtt": _mqtt, "command": _command}
