"""Keys on disk: whole or not at all, for nobody else to read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600


def write_private(file: Path, content: bytes) -> None:
    """In place of what was there. It is on disk when this returns. Raises `OSError`."""
    beside = _written_beside(file, content)
    beside.replace(file)
    _settle(file.parent)


def write_once(file: Path, content: bytes) -> bool:
    """As `write_private`, but never in place of anything: False where there is one already. Raises `OSError`."""
    beside = _written_beside(file, content)
    try:
        os.link(beside, file)
    except FileExistsError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    _settle(file.parent)
    return True


def _written_beside(file: Path, content: bytes) -> Path:
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)  # of somebody who was interrupted
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    return beside


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
