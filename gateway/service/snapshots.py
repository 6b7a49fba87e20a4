"""What a release's database was before the next one changed it, and how the two are put back together.

Only hearth.db goes back: the ledger is append-only, and what happened has happened. Everything is done by root while the
service stands still, with files of its own: nothing in the state directory, which is the service user's, is followed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO, Final

from gateway.service.box import Box, ServiceError

DATABASE: Final = "hearth.db"

LEDGER: Final = "ledger.db"
HISTORY: Final = "history.db"

FORMS: Final = "forms.json"
"""Beside the copy: which form the other files had."""

MOST_ASIDE: Final = 2
"""Files of one name that stay aside in the state directory after going back: each as large as what it was."""

_CHUNK_BYTES: Final = 1 << 20


def take(box: Box, release: Path) -> None:
    """Keeps hearth.db as it is, for going back to `release`. Raises `ServiceError`."""
    source = box.places.state / DATABASE
    if not source.exists():
        return
    folder = box.places.snapshots / release.name
    box.say(f"keep {source} in {folder}")
    if box.dry:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy_of(source, folder / DATABASE)
    found = {name: form_of(box.places.state / name) for name in (LEDGER, HISTORY)}
    (folder / FORMS).write_text(json.dumps(found))


def form_of(file: Path) -> int:
    """The number of its form (its `user_version`, bytes 60 to 63 of a SQLite file). 0: a new file, or none."""
    try:
        with open_own(file) as handle:
            head = handle.read(64)
    except FileNotFoundError:
        return 0
    return int.from_bytes(head[60:64], "big")


def changed_since(box: Box, release: Path) -> set[str]:
    """Which of the other files have another form now than while `release` was in use."""
    kept = box.places.snapshots / release.name / FORMS
    if not kept.exists():
        return set()
    then: dict[str, int] = json.loads(kept.read_text())
    return {name for name, form in then.items() if form and form_of(box.places.state / name) != form}


def copy_of(source: Path, target: Path) -> None:
    """A database that nobody has open, whole and checked, with what is still in its write-ahead log. Raises `ServiceError`."""
    for end in ("-wal", "-shm", ""):
        Path(f"{target}{end}").unlink(missing_ok=True)
    try:
        for end in ("-wal", ""):
            with suppress(*([FileNotFoundError] if end else [])):
                _copy(Path(f"{source}{end}"), Path(f"{target}{end}"))
        with closing(sqlite3.connect(target, isolation_level=None)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode=DELETE")
            wrong = db.execute("PRAGMA quick_check").fetchone()[0]
    except (OSError, sqlite3.Error) as error:
        raise ServiceError(f"{source} cannot be copied: {error}") from error
    if wrong != "ok":
        raise ServiceError(f"{source} is damaged ({wrong}): nothing is changed; `hearth doctor` tells more")


def put_back(box: Box, older: Path, newer: Path) -> str:
    """Puts hearth.db back as it was before `newer`, and keeps the newer one beside it. What was revoked since stays revoked.
    Returns what a person should know. Raises `ServiceError`.
    """
    kept, now = box.places.snapshots / older.name / DATABASE, box.places.state / DATABASE
    if not kept.exists():
        raise ServiceError(
            f"{older.name} does not know the form of {now}, and there is no copy of the time before: it cannot go back"
        )
    taken_at = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.stat().st_mtime))
    aside = now.with_name(f"{DATABASE}.of-{newer.name}")
    box.say(f"put {now} back as it was at {taken_at}, and keep the newer one as {aside}")
    told = (
        f"what was adopted, paired, allowed or planned since {taken_at} is not known any more; it stands in {aside.name},"
        " and in the ledger. Tokens that were revoked since stay revoked; look at `hearth grants` and `hearth token list`."
    )
    if box.dry:
        return told
    work = kept.parent / "putting-back.db"
    copy_of(kept, work)
    copy_of(now, kept.parent / "newer.db")
    _carry_over(work, kept.parent / "newer.db")
    owner = box.places.state.stat()
    put_aside(box, DATABASE, newer)
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{now}{end}").replace(f"{aside}{end}")
    _copy(work, now, owner=(owner.st_uid, owner.st_gid))
    work.unlink()
    (kept.parent / "newer.db").unlink()
    return told


def put_aside(box: Box, name: str, newer: Path) -> Path:
    """A file that the older release cannot read, under the name of the newer one; the oldest of them go."""
    aside = box.places.state / f"{name}.of-{newer.name}"
    (box.places.state / name).replace(aside)
    kept = sorted(box.places.state.glob(f"{name}.of-*"), key=lambda one: one.lstat().st_mtime, reverse=True)
    for old in [one for one in kept if not one.name.endswith(("-wal", "-shm")) and one != aside][
        MOST_ASIDE - 1 :
    ]:
        old.unlink()
    return aside


def _carry_over(older: Path, newer: Path) -> None:
    """A token that was revoked stays revoked; one that is not known any more was removed, and is none either."""
    try:
        with closing(sqlite3.connect(older)) as db:
            db.execute("ATTACH ? AS newer", (str(newer),))
            db.execute(
                "UPDATE tokens SET revoked_at = coalesce((SELECT n.revoked_at FROM newer.tokens n WHERE n.id = tokens.id), ?)"
                " WHERE revoked_at IS NULL AND id NOT IN (SELECT id FROM newer.tokens WHERE revoked_at IS NULL)",
                (time.time(),),
            )
            db.commit()
    except sqlite3.Error as error:
        raise ServiceError(
            f"what was revoked since cannot be carried over ({error}): it does not go back"
        ) from error


def open_own(file: Path) -> BinaryIO:
    """For reading, and never through a link. Raises `OSError`."""
    return os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _copy(source: Path, target: Path, owner: tuple[int, int] | None = None) -> None:
    """To a file that is not there yet. Raises `OSError`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open_own(source) as data, os.fdopen(os.open(target, flags, 0o600), "wb") as out:
        while chunk := data.read(_CHUNK_BYTES):
            out.write(chunk)
        if owner is not None:
            os.fchown(out.fileno(), *owner)
        out.flush()
        os.fsync(out.fileno())
