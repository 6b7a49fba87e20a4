"""The last good texts of the house's sets, for a restart while a file is broken."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE: Final = "policies-in-force.json"
"""In the state directory. One file for all sets: it is replaced whole, so that they always belong together."""

LARGEST_BYTES: Final = 80_000_000
"""As many sets as there may be, as large as they may be, with what JSON adds."""

_FORMAT: Final = 1


def keep(state_dir: Path, own: Mapping[str, str]) -> None:
    """Writes the texts of the house's own sets, all or nothing. Raises `OSError`."""
    document = {"format": _FORMAT, "sets": dict(sorted(own.items()))}
    replace_file(state_dir / FILE, json.dumps(document, ensure_ascii=False, indent=1).encode())


def last_kept(state_dir: Path) -> dict[str, str] | None:
    """The texts that were kept last; None where none were, or they cannot be read."""
    try:
        with (state_dir / FILE).open("rb") as file:
            document = json.loads(file.read(LARGEST_BYTES))
        sets = document["sets"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if document.get("format") != _FORMAT or not isinstance(sets, dict):
        return None
    if not all(isinstance(text, str) for text in sets.values()):
        return None
    return sets


def replace_file(
    path: Path, content: bytes, *, mode: int = 0o600, like: os.stat_result | None = None
) -> None:
    """Puts `content` in the place of `path`: whoever reads it, at any moment or after a crash, gets the old or the new one.
    It is given to the owner of `like`, as far as that is permitted. Raises `OSError`.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if like is not None:
                with suppress(PermissionError):
                    os.fchown(descriptor, like.st_uid, like.st_gid)
            os.fsync(descriptor)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
