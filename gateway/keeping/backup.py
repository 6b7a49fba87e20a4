"""`hearth backup`: the state directory as one sealed file, read back before it counts."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from capabilities.vocabulary import Json
from gateway.keeping.errors import BackupError
from gateway.keeping.keys import Secret
from gateway.keeping.parts import Part, PartReader, PartWriter
from gateway.keeping.sealing import Opener, Sealer
from gateway.keeping.snapshot import HISTORY_FILE, HOUSE_FILE, Source, snapshot
from gateway.ledger import verify
from gateway.ledger.store import LEDGER_FILE
from gateway.vault import CREDENTIAL
from gateway.vault import KEY_FILE as VAULT_KEY

FORMAT: Final = 1
LAST_FILE: Final = "backup.json"
"""In the state directory: when the last backup was made, for `/health` and `hearth doctor`."""

CONFIG_FOLDER: Final = "restored-config"
"""Where the configuration lies in a backup, and in a restored state directory: a person puts it where it belongs."""

LARGEST_CONFIG_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds. `last` is the number of the ledger's last entry, `hash` its hash, `at` seconds since the epoch."""

    at: float
    bytes: int
    parts: int
    last: int
    hash: str
    warnings: tuple[str, ...] = ()

    def shown(self) -> dict[str, Json]:
        return {
            "at": self.at,
            "bytes": self.bytes,
            "parts": self.parts,
            "ledger": {"last": self.last, "hash": self.hash},
            "warnings": [*self.warnings],
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """What to take along. `config` are hearth.toml and what it names; `credentials` is where systemd put the service's."""

    state_dir: Path
    with_history: bool = True
    config: tuple[Path, ...] = ()
    credentials: Path | None = None
    scratch: Path | None = None
    version: str = ""


class Counted:
    """A file that is written, and how much of it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.bytes = 0

    def write(self, data: memoryview, /) -> int:
        written = self._out.write(data) or 0
        self.bytes += written
        return written


def write(
    wish: Wish, secret: Secret, out: BinaryIO, *, wait: Callable[[float], None] = time.sleep
) -> tuple[Made, list[Part]]:
    """Writes one to `out`; the ledger in it was verified. Raises `BackupError`, `OSError`, `sqlite3.Error`."""
    state_dir = wish.state_dir
    with snapshot(state_dir, with_history=wish.with_history, scratch=wish.scratch, wait=wait) as files:
        at = time.time()
        found = {file.name: file for file in files}
        ledger = _checked(found[LEDGER_FILE].content.parent)
        about = _about(found[HOUSE_FILE].content)
        extra, warnings = _extra(wish, found, about["secrets"] != 0)
        counted = Counted(out)
        sealer = Sealer(counted, secret)
        opening: dict[str, Json] = {
            "format": FORMAT,
            "hearth": wish.version,
            "at": at,
            "host": socket.gethostname(),
            "schema": about["schema"],
            "installation": about["installation"],
            "history": HISTORY_FILE in found,
        }
        writer = PartWriter(sealer, opening)
        for source in (*files, *extra):
            with (
                suppress(FileNotFoundError),
                _opened(source.content, follow=source in extra) as content,
            ):  # it may have gone meanwhile
                writer.put(source.name, source.mode, content)
        writer.close({**opening, "ledger": ledger, "warnings": [*warnings]})
        sealer.finish()
    last, digest = ledger["last"], ledger["hash"]
    assert isinstance(last, int) and isinstance(digest, str)
    made = Made(at, counted.bytes, len(writer.parts), last, digest, tuple(warnings))
    return made, writer.parts


def to_file(wish: Wish, secret: Secret, target: Path) -> Made:
    """Makes `target` whole or not at all, and reads it back. Raises as `write`."""
    fresh = target.with_name(f".{target.name}.part")
    fresh.unlink(missing_ok=True)
    try:
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b", buffering=0) as out:
            made, parts = write(wish, secret, out)
            os.fsync(out.fileno())
            _forget_cached(out.fileno())
            out.seek(0)
            _read_back(out, secret, parts)
        fresh.replace(target)
        _settle(target.parent)
    finally:
        fresh.unlink(missing_ok=True)
    note_last(wish.state_dir, made, str(target))
    return made


def _opened(content: Path, *, follow: bool) -> BinaryIO:
    """Of the state directory never what a link leads to: it may be root who reads, in a folder that is somebody else's. Raises
    `OSError`.
    """
    return os.fdopen(os.open(content, os.O_RDONLY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)), "rb")


def note_last(state_dir: Path, made: Made, where: str) -> None:
    """That there is one, for the gateway to tell. Where it cannot be noted, nothing is."""
    file = state_dir / LAST_FILE
    fresh = file.with_name(f"{LAST_FILE}.new")
    with suppress(OSError):
        fresh.unlink(missing_ok=True)
        with os.fdopen(
            os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb"
        ) as out:
            out.write(orjson.dumps({**made.shown(), "where": where}))
            if os.geteuid() == 0:  # by the descriptor: whose folder it is could put a link in its place
                owner = state_dir.stat()
                os.fchown(out.fileno(), owner.st_uid, owner.st_gid)
        fresh.replace(file)


def last_made(state_dir: Path) -> dict[str, Json] | None:
    """What `note_last` wrote; None where there was no backup."""
    try:
        found = orjson.loads((state_dir / LAST_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    good = isinstance(found, dict) and isinstance(found.get("at"), int | float)
    return found if good else None


def rotate(folder: Path, keep: int) -> list[Path]:
    """Removes the oldest backups of `folder` beyond `keep`; which they were. Raises `OSError`."""
    found = sorted(file for file in folder.glob("hearth-*.backup") if file.is_file())
    gone = found[: max(0, len(found) - keep)]
    for file in gone:
        file.unlink()
    return gone


def rotated_name(at: float) -> str:
    return time.strftime("hearth-%Y%m%dT%H%M%SZ.backup", time.gmtime(at))


def _checked(copies: Path) -> dict[str, Json]:
    """The ledger of a snapshot. Raises `BackupError` where it does not verify: such a backup would be believed."""
    found = verify(copies)
    if not found.ok:
        raise BackupError(
            f"the ledger does not verify, and is not backed up as if it did: {found.problems[0].what};"
            " `hearth ledger verify` tells all of it"
        )
    with closing(sqlite3.connect(copies / LEDGER_FILE)) as db:
        row = db.execute("SELECT hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    digest = row[0].hex() if row else ""
    return {"last": found.last_seq, "hash": digest, "entries": found.entries, "signed": found.head_seq}


def _about(house: Path) -> dict[str, Json]:
    with closing(sqlite3.connect(house)) as db:
        result = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if result != "ok":
            raise BackupError(f"hearth.db is damaged ({result}): restore an earlier backup")
        schema: int = db.execute("PRAGMA user_version").fetchone()[0]
        row = db.execute("SELECT value FROM settings WHERE key = 'installation'").fetchone()
        secrets: int = db.execute("SELECT count(*) FROM vault").fetchone()[0]
    return {
        "schema": schema,
        "installation": orjson.loads(row[0]) if row else None,
        "secrets": secrets,
    }


def _extra(wish: Wish, found: dict[str, Source], has_secrets: bool) -> tuple[list[Source], list[str]]:
    """The key of the vault where it is a credential, and the configuration."""
    extra, warnings = [], []
    key = wish.credentials / CREDENTIAL if wish.credentials else None
    if key is not None and key.is_file() and VAULT_KEY not in found:
        extra.append(Source(VAULT_KEY, 0o600, key))
    elif VAULT_KEY not in found and has_secrets:
        warnings.append(
            "the key to the devices' secrets is a credential of the service, which is not seen from here: paired devices would"
            " have to be paired anew; make backups with hearth-backup.service"
        )
    taken: set[str] = set()
    for file in wish.config:
        name = file.name if file.name not in taken else f"{len(taken)}-{file.name}"
        taken.add(name)
        with suppress(OSError):
            if file.stat().st_size <= LARGEST_CONFIG_BYTES:
                extra.append(Source(f"{CONFIG_FOLDER}/{name}", 0o600, file))
    return extra, warnings


def _read_back(source: BinaryIO, secret: Secret, parts: Sequence[Part]) -> None:
    """What was written is what can be read. Raises `DamagedError`."""
    reader = PartReader(Opener(source, secret))
    for _, _, pieces in reader.parts():
        for _ in pieces:
            pass
    if reader.found != list(parts):
        raise BackupError(
            "what was written is not what can be read back: the medium is broken, take another one"
        )


def _forget_cached(descriptor: int) -> None:
    """So that it is read from the medium."""
    with suppress(OSError, AttributeError):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(handle)
    finally:
        os.close(handle)
