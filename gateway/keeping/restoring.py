"""`hearth restore`: a state directory out of a backup, whole or not at all."""

from __future__ import annotations

import fcntl
import getpass
import os
import pwd
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from gateway.keeping.errors import BackupError
from gateway.keeping.keys import Secret
from gateway.keeping.reading import Contents, take_out
from gateway.keeping.snapshot import ARRIVED_FILE, HOUSE_FILE
from gateway.ledger.heads import KEY_FILE

SERVICE_USER: Final = "hearth"
"""Whose files they become where root restores into a directory that was not there: the service's user, if there is one."""

LEAF: Final = Path("tls/server.pem")
"""The certificate of the old box's names. It is made anew for the new one's, by the same authority."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is where the state directory of before lies now; None where there was none."""

    contents: Contents
    state_dir: Path
    aside: Path | None


def restore(source: BinaryIO, secret: Secret, state_dir: Path, *, replace: bool = False) -> Restored:
    """Raises `BackupError` where it cannot be, and then nothing was changed; `OSError`."""
    there = _not_to_be_lost(state_dir, replace=replace)
    if state_dir.is_mount():
        raise BackupError(f"{state_dir} is a file system of its own: name a directory in it with --state-dir")
    state_dir.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with _in_nobodys_use(state_dir):
        fresh = Path(tempfile.mkdtemp(prefix=f".{state_dir.name}.restoring-", dir=state_dir.parent))
        try:
            contents = take_out(source, secret, fresh)
            _settle(fresh)
            _leave_word(fresh, contents)
            _give_to(fresh, state_dir)
            _sync_tree(fresh)
            aside = _put_in_place(fresh, state_dir, there=there)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return Restored(contents, state_dir, aside)


def _not_to_be_lost(state_dir: Path, *, replace: bool) -> bool:
    """Whether there is something to put aside."""
    try:
        there = any(state_dir.iterdir())
    except FileNotFoundError:
        return False
    if there and not replace:
        raise BackupError(f"{state_dir} is not empty: with --replace it is moved aside (nothing is deleted)")
    return there


@contextmanager
def _in_nobodys_use(state_dir: Path) -> Iterator[None]:
    """Holds the ledger's lock, as a gateway would. Raises `BackupError` while one runs."""
    try:
        descriptor = os.open(state_dir / KEY_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                f"a gateway runs on {state_dir}: stop it first (systemctl stop hearth)"
            ) from None
        yield
    finally:
        os.close(descriptor)


def _settle(fresh: Path) -> None:
    """What would be an old command is none any more: nothing is put back as it was when the backup was made. What keeps
    something from being on for too long stays owed.
    """
    with closing(sqlite3.connect(fresh / HOUSE_FILE, isolation_level=None)) as db:
        db.execute("DELETE FROM obligations WHERE kind = 'restore'")
        db.execute("DELETE FROM pairings")  # a window that was open for a phone
    (fresh / LEAF).unlink(missing_ok=True)


def _leave_word(fresh: Path, contents: Contents) -> None:
    """For the gateway's next start, which tells it in the ledger."""
    with suppress(KeyError, OSError):
        by = getpass.getuser()
        word = {**contents.shown(), "restored_at": time.time(), "by": by}
        (fresh / ARRIVED_FILE).write_bytes(orjson.dumps(word))
        return
    (fresh / ARRIVED_FILE).write_bytes(orjson.dumps({**contents.shown(), "restored_at": time.time()}))


def _give_to(fresh: Path, state_dir: Path) -> None:
    """The files belong to whom the state directory belongs."""
    fresh.chmod(0o700)
    if os.geteuid() != 0:
        return
    uid, gid = 0, 0
    if state_dir.exists():
        status = state_dir.stat()
        uid, gid = status.st_uid, status.st_gid
    else:
        with suppress(KeyError):
            user = pwd.getpwnam(SERVICE_USER)
            uid, gid = user.pw_uid, user.pw_gid
    for path in (fresh, *fresh.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


def _sync_tree(fresh: Path) -> None:
    for path in (fresh, *fresh.rglob("*")):
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(fresh: Path, state_dir: Path, *, there: bool) -> Path | None:
    """Two renames; between them there is no state directory, and both are whole."""
    aside = None
    if there:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        aside = state_dir.with_name(f"{state_dir.name}.before-restore-{stamp}")
        state_dir.rename(aside)
    try:
        fresh.rename(state_dir)  # over an empty directory, too
    except OSError:
        if aside is not None:
            aside.rename(state_dir)
        raise
    handle = os.open(state_dir.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return aside
