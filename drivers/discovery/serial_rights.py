"""Why this process may not open a serial port, and who can change that: by the rights that its file has now."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_GROUP_MAY: Final = stat.S_IRGRP | stat.S_IWGRP
_OTHERS_MAY: Final = stat.S_IROTH | stat.S_IWOTH
_OWNER_MAY: Final = stat.S_IRUSR | stat.S_IWUSR


@dataclass(frozen=True, slots=True)
class Rights:
    """Of a file: `mode`, and whose it is."""

    mode: int
    uid: int
    gid: int
    group: str


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs this process: `groups` are those that it has, `listed` those that the system would give it at a new start."""

    uid: int
    name: str
    groups: frozenset[int]
    listed: frozenset[int]


def closed(path: str) -> str:
    """Why the port at `path` may not be opened, and what to do; "" where nothing speaks against it."""
    real = os.path.realpath(path)
    if os.access(real, os.R_OK | os.W_OK, effective_ids=True) or not Path(real).exists():
        return ""
    return remedy(real)


def remedy(real: str) -> str:
    """What to do about a port that the system did not let this process open."""
    try:
        told = Path(real).stat()
    except OSError:
        return "let the gateway's user read and write it"
    return advised(real, Rights(told.st_mode, told.st_uid, told.st_gid, _group(told.st_gid)), runner())


def runner() -> Runner:
    uid = os.geteuid()
    name, listed = f"with the number {uid}", frozenset[int]()
    with suppress(KeyError, OSError):
        entry = pwd.getpwuid(uid)
        name, listed = entry.pw_name, frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Runner(uid, name, frozenset({os.getegid(), *os.getgroups()}), listed)


def advised(real: str, of: Rights, who: Runner) -> str:
    """Never the group root: whoever is in it may more than open a port."""
    if who.uid == 0 or _by_its_rights(of, who):
        return (
            f"its rights would let the user {who.name}, but this process is kept from it: by a container, or by DeviceAllow of "
            "its service; let the port through there"
        )
    if of.gid == 0 or of.mode & _GROUP_MAY != _GROUP_MAY:
        return (
            f"its rights ({stat.filemode(of.mode)}, group {of.group}) leave it to others than the user {who.name}; if it is a "
            f'port for devices, a udev rule gives it to dialout: KERNEL=="{Path(real).name}", GROUP="dialout", MODE="0660"'
        )
    if of.gid in who.listed:
        return f"the user {who.name} has come into the group {of.group} since the gateway was started; start it again"
    return f"add the user {who.name} to the group {of.group} (usermod -aG {of.group} {who.name}), and start the gateway again"


def _by_its_rights(of: Rights, who: Runner) -> bool:
    """The owner's count for the owner alone, the group's for the group alone (path_resolution(7))."""
    wanted = _OWNER_MAY if of.uid == who.uid else _GROUP_MAY if of.gid in who.groups else _OTHERS_MAY
    return of.mode & wanted == wanted


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except (KeyError, OSError):
        return str(gid)
