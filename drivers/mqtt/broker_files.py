"""Files that only their owner may read, and who that owner can be."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """A user of the system that the broker runs as."""

    uid: int
    gid: int


def write_private(path: Path, text: str, owner: Owner | None) -> None:
    """Write `text` to `path` with mode 0600, replacing it whole; never readable by others, not even for a
    moment.
    """
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    _give(temporary, owner)
    temporary.replace(path)


def private_directory(path: Path, owner: Owner | None) -> Path:
    """`path` as a directory with mode 0700 that belongs to `owner` (None: to us)."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    _give(path, owner)
    return path


def unprivileged(name: str, directory: Path) -> Owner | None:
    """The system user `name`, if we are root, it exists, and it can reach `directory`. None: run as we
    are.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    owner = Owner(entry.pw_uid, entry.pw_gid)
    directory = directory.resolve()
    return owner if all(_may_pass(part, owner) for part in (directory, *directory.parents)) else None


def _may_pass(directory: Path, owner: Owner) -> bool:
    status = directory.stat()
    if status.st_uid == owner.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _give(path: Path, owner: Owner | None) -> None:
    if owner is not None:
        os.chown(path, owner.uid, owner.gid)
