"""All of a backup taken out into a directory, and held against its manifest: for `verify`, and for restoring."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.keeping.backup import FORMAT
from gateway.keeping.errors import BackupError, DamagedError
from gateway.keeping.keys import Secret
from gateway.keeping.parts import PartReader
from gateway.keeping.sealing import Opener
from gateway.keeping.snapshot import HOUSE_FILE
from gateway.ledger import verify
from gateway.ledger.store import LEDGER_FILE
from gateway.storage.database import MIGRATIONS


@dataclass(frozen=True, slots=True)
class Contents:
    """`at` is when it was made (seconds since the epoch), `hash` that of the ledger's last entry."""

    at: float
    hearth: str
    host: str
    installation: str
    last: int
    hash: str
    entries: int
    parts: int
    history: bool

    def shown(self) -> dict[str, Json]:
        return {
            "at": self.at,
            "hearth": self.hearth,
            "host": self.host,
            "installation": self.installation,
            "ledger": {"last": self.last, "hash": self.hash, "entries": self.entries},
            "parts": self.parts,
            "history": self.history,
        }


def take_out(source: BinaryIO, secret: Secret, target: Path) -> Contents:
    """Writes the parts into `target`, an empty directory of ours, durably; all of it was verified when this returns.

    Raises `BackupError` (`WrongKeyError`, `DamagedError`), `OSError`.
    """
    reader = PartReader(Opener(source, secret))
    _not_newer(reader.opening)
    for name, mode, pieces in reader.parts():
        file = target / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            for piece in pieces:
                out.write(piece)
            out.flush()
            os.fchmod(out.fileno(), mode & 0o700 | 0o600)  # nobody but the gateway's user
            os.fsync(out.fileno())
    return _verified(reader, target)


def _not_newer(opening: dict[str, Json]) -> None:
    version, schema = opening.get("format"), opening.get("schema")
    known = len(list(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql")))
    if version != FORMAT or not isinstance(schema, int) or schema > known:
        maker = one_line(str(opening.get("hearth")), 64)
        raise BackupError(
            f"this backup was made by a newer Hearth ({maker}): install that version, and restore it there"
        )


def _verified(reader: PartReader, target: Path) -> Contents:
    manifest = reader.manifest
    told = manifest.get("ledger")
    if not isinstance(told, dict):
        raise DamagedError("the manifest does not tell of the ledger")
    found = verify(target)
    if not found.ok:
        raise DamagedError(f"the ledger in this backup does not verify: {found.problems[0].what}")
    if not (target / LEDGER_FILE).is_file() or not (target / HOUSE_FILE).is_file():
        raise DamagedError("the house or the ledger is missing in this backup")
    with closing(sqlite3.connect(f"file:{target / LEDGER_FILE}?mode=ro", uri=True)) as db:
        row = db.execute("SELECT hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    digest = row[0].hex() if row else ""
    if (found.last_seq, digest) != (told.get("last"), told.get("hash")):
        raise DamagedError("the ledger in this backup does not end where its manifest says")
    with closing(sqlite3.connect(f"file:{target / HOUSE_FILE}?mode=ro", uri=True)) as db:
        result = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise DamagedError(f"hearth.db in this backup is damaged: {result}")
    at = manifest.get("at")
    return Contents(
        at=float(at) if isinstance(at, int | float) else 0.0,
        hearth=one_line(str(manifest.get("hearth")), 64),
        host=one_line(str(manifest.get("host")), 64),
        installation=one_line(str(manifest.get("installation")), 64),
        last=found.last_seq,
        hash=digest,
        entries=found.entries,
        parts=len(reader.found),
        history=bool(manifest.get("history")),
    )
