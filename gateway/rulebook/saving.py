"""Changing a file of rules from inside the gateway: checked first, written whole, and in force at once, or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capabilities.vocabulary import Json
from gateway.rulebook.changes import Told
from gateway.rulebook.edition import Edition
from gateway.rulebook.files import SUFFIX, fault_in_name, read_file, read_folder
from gateway.rulebook.keeper import RuleKeeper
from gateway.rulebook.kept import replace_file
from gateway.rulebook.trying import examine
from policies import PolicyError, Problem

BEFORE: Final = ".before"
"""Added to a file's name for what was in force before the last change. It is no rule file, and is not read."""


class Stale(Exception):
    """The set is another one than was read; the text says what to do."""


class Widens(Exception):
    """Somebody could do more: `gains` has a sentence for each."""

    def __init__(self, gains: tuple[str, ...]) -> None:
        super().__init__("somebody may do more by it")
        self.gains = gains


@dataclass(frozen=True, slots=True)
class Change:
    """`text` of the set `name` (None: its file goes), for whoever read it with the digest `was` ("" where there was no file of
    one's own). `confirmed`: whoever asks knows who may do more by it.
    """

    name: str
    text: str | None
    was: str
    confirmed: bool

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal digits; "" of none."""
        return "" if self.text is None else digest_of(self.text)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class RuleWriter:
    """One at a time: what one person saves, the next one has read."""

    def __init__(self, keeper: RuleKeeper) -> None:
        self._keeper = keeper
        self._turn = asyncio.Lock()

    async def save(self, change: Change, by: str, how: Mapping[str, Json]) -> Told:
        """Puts it in force, and tells who may do more or less. `how` says in the ledger how it is known who asked.

        Raises `PolicyError` (these rules cannot be used), `Stale`, `Widens`, `OSError`: then nothing has changed.
        """
        if wrong := fault_in_name(change.name):
            raise PolicyError([Problem(change.name[:64], 0, "", wrong)])
        async with self._turn:
            folder, edition = self._keeper.folder, self._keeper.edition
            await asyncio.to_thread(_examine, folder, edition, change)
            path = folder / f"{change.name}{SUFFIX}"
            before = edition.set_named(change.name)
            text_before = "" if before is None else before.text
            await asyncio.to_thread(replace_or_remove, path, change.text, text_before)
            return await self._keeper.reload(by, how)

    async def before(self, name: str) -> str | None:
        """What the set said before its last change; None where nobody knows."""
        path = self._keeper.folder / f"{name}{SUFFIX}{BEFORE}"
        if fault_in_name(name):
            return None
        try:
            return await asyncio.to_thread(read_file, path, name)
        except PolicyError:
            return None


def _examine(folder: Path, edition: Edition, change: Change) -> None:
    """Raises `PolicyError`, `Stale`, `Widens`."""
    found, known = read_folder(folder), edition.set_named(change.name)
    mine = found.texts.get(change.name)
    if found.problems:
        raise PolicyError(found.problems)
    if mine is not None and known is not None and mine != known.text:
        raise Stale("somebody changed the file at the box, and it is not in force yet: read it again")
    if change.was != ("" if known is None else known.digest):
        raise Stale("these rules were changed meanwhile: read them again, and change those")
    if change.text is None and mine is None:
        raise Stale("there is no such set of your own: nothing is to be taken away")
    texts = {name: text for name, text in found.texts.items() if name != change.name}
    if change.text is not None:
        texts[change.name] = change.text
    report = examine(texts, edition.own)
    if not report.ok:
        raise PolicyError(report.problems)
    if report.told.more and not change.confirmed:
        raise Widens(report.told.more)


def replace_or_remove(path: Path, text: str | None, before: str) -> None:
    """Writes the file whole, as its folder's owner would, and what was there before beside it. Raises `OSError`."""
    install(path, text if text is not None else before, before)
    if text is None:
        path.unlink(missing_ok=True)


def install(path: Path, text: str, before: str) -> None:
    """As `replace_or_remove`, of a text."""
    home = path.parent.parent.stat()
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700)
        with suppress(PermissionError):
            shutil.chown(path.parent, home.st_uid, home.st_gid)
    like = path.stat() if path.exists() else home
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    for target, content in ((path.with_name(path.name + BEFORE), before), (path, text)):
        replace_file(target, content.encode(), mode=mode, like=like)
