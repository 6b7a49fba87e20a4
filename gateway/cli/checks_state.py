"""What `hearth doctor` sees in the state directory itself, also while no gateway runs: why it would not start, and backups."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from gateway.cli.checks import Check, Level
from gateway.cli.times import duration

BACKUP_AGE_S: Final = 8 * 86_400.0
"""A weekly backup that came a day late is no reason to say anything."""

TLS_LEAF: Final = Path("tls") / "server.pem"
TLS_LEFT_S: Final = 3 * 86_400.0
"""The gateway renews its certificate weeks before its end: with less left, it did not."""

REMEDY_RIGHTS: Final = "give it to the gateway's user: chown -R hearth:hearth {0} && chmod 700 {0}"


def checks_of_state(state_dir: Path, *, deep: bool = False) -> Iterator[Check]:
    """Nothing but one line where the caller may not look into it. `deep` reads the whole ledger and hearth.db."""
    if not os.access(state_dir, os.R_OK | os.X_OK):
        there = "cannot be looked into by you" if state_dir.exists() else "is not there yet"
        remedy = "run this as root or as the gateway's user" if state_dir.exists() else ""
        yield Check(
            "state", Level.WARNING if state_dir.exists() else Level.OK, f"{state_dir} {there}", remedy
        )
        return
    yield _rights(state_dir)
    for name, check in (
        ("hearth.db", _schema),
        ("ledger.db", _deep_ledger if deep else _ledger_tail),
    ):
        if not (state_dir / name).is_file():
            continue
        try:
            yield from check(state_dir)
        except (sqlite3.Error, OSError) as error:
            remedy = f"restore the last backup: hearth restore FILE --state-dir {state_dir} --replace"
            yield Check(name, Level.FAILURE, f"cannot be read: {error}", remedy)
    if deep and (state_dir / "hearth.db").is_file():
        yield _deep_house(state_dir)
    yield from _rules(state_dir)
    yield from _certificate(state_dir)
    yield _backup(state_dir)


def _rights(state_dir: Path) -> Check:
    status = state_dir.stat()
    if os.statvfs(state_dir).f_flag & os.ST_RDONLY or _was_given_up(status.st_dev):
        remedy = "mount -o remount,rw; where that fails, the card is worn out: restore a backup on a new one"
        return Check("state", Level.FAILURE, f"{state_dir} is on a read-only file system", remedy)
    foreign = [
        file.name
        for file in state_dir.iterdir()
        if not file.is_symlink() and file.lstat().st_uid != status.st_uid
    ]
    if foreign:
        found = f"{', '.join(sorted(foreign)[:5])} in {state_dir} belongs to somebody else than the directory"
        return Check("state", Level.FAILURE, found, REMEDY_RIGHTS.format(state_dir))
    if stat.S_IMODE(status.st_mode) & 0o077:
        found = f"others can look into {state_dir}"
        return Check("state", Level.WARNING, found, f"chmod 700 {state_dir}")
    return Check("state", Level.OK, f"{state_dir}, for its owner alone")


def _was_given_up(device: int) -> bool:
    """Whether the kernel writes no more there after an error of the disk: proc_pid_mountinfo(5); statvfs(3) does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    number = f"{os.major(device)}:{os.minor(device)}"
    return any(
        {"ro", "emergency_ro"} & set(line.rpartition(" ")[2].split(","))
        for line in lines
        if line.split()[2] == number
    )


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=5.0)


def _schema(state_dir: Path) -> Iterator[Check]:
    from gateway.storage.database import MIGRATIONS  # noqa: PLC0415

    known = len(list(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql")))
    with closing(_read_only(state_dir / "hearth.db")) as db:
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > known:
        found = f"written by a newer Hearth (schema {version}, this one knows {known})"
        yield Check("hearth.db", Level.FAILURE, found, "install that version again: hearth service rollback")
    elif version < known:
        yield Check(
            "hearth.db", Level.OK, f"schema {version}; the next start brings it to {known}, and keeps a copy"
        )
    else:
        yield Check("hearth.db", Level.OK, f"schema {version}")


def _deep_house(state_dir: Path) -> Check:
    try:
        with closing(_read_only(state_dir / "hearth.db")) as db:
            found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    if found == "ok":
        return Check("hearth.db", Level.OK, "every page of it is sound")
    return Check("hearth.db", Level.FAILURE, found, "restore the last backup: hearth restore FILE --replace")


def _ledger_tail(state_dir: Path) -> Iterator[Check]:
    """The last signed head against its entry: quick, and what a cut-off shows."""
    from gateway.ledger.heads import read_heads  # noqa: PLC0415

    last = max((head for head, _ in read_heads(state_dir) if head), key=lambda head: head.seq, default=None)
    if last is None:
        return
    with closing(_read_only(state_dir / "ledger.db")) as db:
        row = db.execute("SELECT hash FROM entries WHERE seq = ?", (last.seq,)).fetchone()
    if row is not None and row[0].hex() == last.hash:
        yield Check(
            "ledger.db",
            Level.OK,
            f"signed up to entry {last.seq}, which is there; --deep looks at all of them",
        )
    else:
        found = f"entry {last.seq} was signed, and is {'another one' if row else 'missing'}"
        yield Check("ledger.db", Level.FAILURE, found, "hearth ledger verify tells all of it")


def _deep_ledger(state_dir: Path) -> Iterator[Check]:
    from gateway.ledger import verify  # noqa: PLC0415

    found = verify(state_dir)
    if found.ok:
        yield Check(
            "ledger.db", Level.OK, f"all {found.entries} entries verify, signed up to {found.head_seq}"
        )
    else:
        more = len(found.problems) + found.more_problems - 1
        text = found.problems[0].what + (f"; {more} more" if more else "")
        yield Check("ledger.db", Level.FAILURE, text, "hearth ledger verify tells all of it")


def _rules(state_dir: Path) -> Iterator[Check]:
    from gateway.rulebook import open_rules  # noqa: PLC0415
    from policies import PolicyError  # noqa: PLC0415

    try:
        open_rules(state_dir)
    except (PolicyError, OSError) as error:
        remedy = "mend that file: with it the gateway does not start (hearth policy check)"
        yield Check("rules", Level.FAILURE, str(error).splitlines()[0], remedy)


def _certificate(state_dir: Path) -> Iterator[Check]:
    try:
        data = (state_dir / TLS_LEAF).read_bytes()
    except OSError:
        return
    from cryptography import x509  # noqa: PLC0415

    try:
        ends = x509.load_pem_x509_certificate(data).not_valid_after_utc.timestamp()
    except ValueError as error:
        yield Check("TLS", Level.FAILURE, f"{state_dir / TLS_LEAF}: {error}", "hearth ca renew makes it anew")
        return
    left = ends - time.time()
    found = f"the certificate is good for {duration(left)}" if left > 0 else "the certificate has ended"
    good = left > TLS_LEFT_S
    remedy = "" if good else "look at this box's clock; then hearth ca renew"
    yield Check("TLS", Level.OK if good else Level.FAILURE, found, remedy)


def _backup(state_dir: Path) -> Check:
    from gateway.keeping.backup import last_made  # noqa: PLC0415

    last = last_made(state_dir)
    daily = "systemctl enable --now hearth-backup.timer makes one a day"
    if last is None:
        remedy = f"hearth backup --new-key FILE makes the first; {daily}"
        return Check("backup", Level.WARNING, "there is none: if this disk dies, all is lost", remedy)
    at, where = last["at"], str(last.get("where"))
    assert isinstance(at, int | float)
    age = max(0.0, time.time() - at)
    found = f"the last was made {duration(age)} ago ({where})"
    if age > BACKUP_AGE_S:
        return Check("backup", Level.WARNING, found, daily)
    if _same_disk(Path(where), state_dir):
        remedy = "take them to another disk: when this one dies, they go with it (gateway/keeping/README.md)"
        return Check("backup", Level.WARNING, f"{found}, on the same disk", remedy)
    return Check("backup", Level.OK, found)


def _same_disk(file: Path, state_dir: Path) -> bool:
    try:
        return file.stat().st_dev == state_dir.stat().st_dev
    except OSError:
        return False
