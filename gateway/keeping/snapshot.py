"""One point in time of the state directory, while the gateway writes to it.

The order makes it one: the ledger's heads are read first, so that none vouches for more than is there; then a read transaction
begins on hearth.db, and a little later one on ledger.db. What hearth.db refers to is then in the ledger. What the ledger has
of those moments on top is what a power cut leaves, too, and is taken up at the start as after one.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from gateway.keeping.errors import BackupError
from gateway.keeping.parts import MOST_PARTS, is_name
from gateway.ledger.heads import HEADS_FILE
from gateway.ledger.store import LEDGER_FILE

HOUSE_FILE: Final = "hearth.db"
HISTORY_FILE: Final = "history.db"
ARRIVED_FILE: Final = "restored.json"

RIDE_S: Final = 0.1
"""Between the two transactions. What is told in hearth.db is in the ledger 50 ms later at the latest."""

STEP_PAGES: Final = 128
PAUSE_S: Final = 0.002
"""After each 0.5 MB a breath: a command's flush waits for one step at the most."""

SCRATCH: Final = ".backup-"
"""Begins the names of directories for copies; hidden, so that no backup takes them along."""

_LEFT_OUT: Final = ("-wal", "-shm", "-journal", ".new", ".tmp", ".lock", ".pid", ".sock")
_OLDER: Final = ".before-"
_PROGRAM: Final = ("broker/",)
"""What the managed broker keeps of the run: but for the passwords."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to take along. `content` is where to read it: the file itself, or a copy."""

    name: str
    mode: int
    content: Path


@contextmanager
def snapshot(
    state_dir: Path,
    *,
    with_history: bool = True,
    scratch: Path | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Iterator[list[Source]]:
    """All that matters of `state_dir`; the copies are gone at the end. `scratch` is where they are made (default: there).

    Raises `BackupError`, `OSError`, `sqlite3.Error`.
    """
    if not (state_dir / HOUSE_FILE).is_file() or not (state_dir / LEDGER_FILE).is_file():
        raise BackupError(f"{state_dir} is no state directory of Hearth's: name it with --state-dir")
    place = scratch or state_dir
    for left in place.glob(f"{SCRATCH}*"):  # of one that was cut off
        if left.is_dir() and time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)
    with ExitStack() as stack:
        copies = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=SCRATCH, dir=place)))
        heads = copies / HEADS_FILE
        heads.write_bytes(_whole_lines(state_dir / HEADS_FILE))
        files = [Source(HEADS_FILE, 0o600, heads), *_plain_files(state_dir)]
        begun: list[tuple[str, sqlite3.Connection]] = []
        for name, pause in ((HOUSE_FILE, RIDE_S), (LEDGER_FILE, 0.0), (HISTORY_FILE, 0.0)):
            if not (state_dir / name).is_file() or (name == HISTORY_FILE and not with_history):
                continue
            begun.append((name, stack.enter_context(closing(_begun(state_dir / name)))))
            wait(pause)
        for name, db in begun:
            _copy(db, copies / name, wait)
            files.append(Source(name, 0o600, copies / name))
            db.rollback()
        yield files


def _whole_lines(file: Path) -> bytes:
    """Without the line that is being written."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return b""
    return content[: content.rfind(b"\n") + 1]


def _plain_files(state_dir: Path) -> Iterator[Source]:
    """What is no database, in order. Links and what is hidden stay."""
    databases = {HOUSE_FILE, LEDGER_FILE, HISTORY_FILE, HEADS_FILE, ARRIVED_FILE}
    found = 0
    for directory, folders, names in os.walk(state_dir):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in sorted(names):
            file = Path(directory) / name
            path = file.relative_to(state_dir).as_posix()
            if path in databases or name.endswith(_LEFT_OUT) or _OLDER in name or not is_name(path):
                continue
            if path.startswith(_PROGRAM) and not name.endswith(".password"):
                continue
            status = file.lstat()
            if stat.S_ISREG(status.st_mode):
                found += 1
                if found > MOST_PARTS - len(databases):
                    raise BackupError(
                        f"{state_dir} has more than {MOST_PARTS} files: something else lives there"
                    )
                yield Source(path, stat.S_IMODE(status.st_mode), file)


def _begun(file: Path) -> sqlite3.Connection:
    """A read transaction: from here on it stays as it is, whoever writes."""
    try:
        db = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, isolation_level=None, timeout=5.0)
        try:
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise BackupError(
            f"{file} cannot be read: {error}; run this as root or as the gateway's user"
        ) from error
    return db


def _copy(source: sqlite3.Connection, target: Path, wait: Callable[[float], None]) -> None:
    """Page by page, with breaths. Raises `sqlite3.Error`."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous=OFF")  # a copy that a power cut takes is none
        source.backup(copy, pages=STEP_PAGES, progress=lambda _status, _left, _of: wait(PAUSE_S))
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
