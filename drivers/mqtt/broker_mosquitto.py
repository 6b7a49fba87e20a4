"""Files and command line of mosquitto 2 (mosquitto.conf(5), mosquitto_passwd(1))."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.mqtt.broker_files import Owner, private_directory, unprivileged, write_private
from drivers.mqtt.broker_users import BrokerUser

NAME: Final = "mosquitto"
# Debian puts it where only root's PATH looks.
_PLACES: Final = ("/usr/sbin", "/usr/local/sbin", "/sbin")
# Checked in the broker's only thread at every CONNECT, so cheap; random passwords of 192 bits need no
# stretching.
_PBKDF2_ITERATIONS: Final = 1_000
_SALT_BYTES: Final = 12
# The largest message that anybody here needs is a discovery payload, some 20 kB.
_PACKET_BYTES: Final = 1_048_576
# For a subscriber with QoS 1 that is slow or away; beyond it the broker drops.
_QUEUED_MESSAGES: Final = 10_000
# Retained messages that a kill may lose are those of the last seconds; writing all of them at each change
# wears out flash.
_AUTOSAVE_SECONDS: Final = 30


def find() -> Path | None:
    """The installed mosquitto, if any."""
    found = shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), *_PLACES)))
    return Path(found) if found else None


def owner(directory: Path) -> Owner | None:
    """Started by root, it runs as the user `mosquitto` where that user can reach `directory`; else as we
    are.
    """
    return unprivileged("mosquitto", directory)


def prepare(
    binary: Path,
    directory: Path,
    port: int,
    users: Sequence[BrokerUser],
    *,
    persistent: bool,
    runs_as: Owner | None,
) -> list[str]:
    """Write the configuration, password and ACL files into `directory`. Returns the command line."""
    data = private_directory(directory / "data", runs_as)
    passwords, acl, config = (directory / name for name in ("passwords", "acl", "mosquitto.conf"))
    write_private(passwords, "".join(f"{u.name}:{hash_password(u.password)}\n" for u in users), runs_as)
    write_private(acl, acl_text(users), runs_as)
    write_private(config, _config(port, passwords, acl, data if persistent else None), runs_as)
    return [str(binary), "-c", str(config)]


def hash_password(password: str, salt: bytes | None = None, iterations: int = _PBKDF2_ITERATIONS) -> str:
    """`$7$<iterations>$<salt>$<hash>`: PBKDF2-HMAC-SHA512 as in mosquitto 2's password files, salt and hash
    in base64.
    """
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def acl_text(users: Sequence[BrokerUser]) -> str:
    """The ACL file: nothing is allowed that does not stand under the user's name."""
    lines = []
    for user in users:
        lines += [f"user {user.name}"]
        lines += [f"topic write {pattern}" for pattern in user.publish]
        lines += [f"topic read {pattern}" for pattern in user.subscribe]
    return "\n".join(lines) + "\n"


def _config(port: int, passwords: Path, acl: Path, data: Path | None) -> str:
    lines = [
        f"listener {port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {acl}",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages false",
        "set_tcp_nodelay true",
        f"max_packet_size {_PACKET_BYTES}",
        f"max_queued_messages {_QUEUED_MESSAGES}",
        # We drop privileges ourselves, before the start: it would forget that it must die with its parent.
        "user root",
        f"persistence {'true' if data else 'false'}",
    ]
    if data:
        lines += [f"persistence_location {data}/", f"autosave_interval {_AUTOSAVE_SECONDS}"]
    return "\n".join(lines) + "\n"
