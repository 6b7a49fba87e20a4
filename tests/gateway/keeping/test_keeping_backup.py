"""A state directory, its backup, and what comes out of it again."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.keeping.backup import Wish, last_made, rotate, to_file, write
from gateway.keeping.errors import BackupError, DamagedError, WrongKeyError
from gateway.keeping.keys import Kind, Secret
from gateway.keeping.parts import PartReader, PartWriter, is_name
from gateway.keeping.reading import take_out
from gateway.keeping.restoring import restore
from gateway.keeping.sealing import Opener, Sealer
from gateway.ledger import Entry, Ledger, verify
from gateway.storage import Database

KEY = Secret(Kind.RECOVERY_KEY, bytes(range(20)))


def no_pause(_: float) -> None:
    return


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The state directory of a gateway that was stopped."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)

    async def make() -> None:
        async with Ledger(state, SystemClock()) as ledger, Database(state / "hearth.db") as database:
            for number in range(30):
                await ledger.commit(Entry("mode", 1_700_000_000.0 + number, {"mode": "home"}))
            await database.execute("INSERT INTO settings VALUES ('installation', '\"abc\"')")
            for kind in ("restore", "max_on"):
                sql = "INSERT INTO obligations VALUES (?, ?, 'lamp', 'running', 0, '{}')"
                await database.execute(sql, (kind, kind))

    asyncio.run(make())
    (state / "vault.key").write_bytes(bytes(32))
    (state / "policies").mkdir()
    (state / "policies" / "household.toml").write_text("format = 1\n")
    (state / "tls").mkdir()
    (state / "tls" / "ca.pem").write_text("authority")
    (state / "tls" / "server.pem").write_text("leaf")
    (state / "hearth.db.before-0002").write_text("old")
    return state


def backed_up(house: Path) -> bytes:
    out = io.BytesIO()
    write(Wish(house), KEY, out, wait=no_pause)
    return out.getvalue()


def test_all_comes_back_as_it_was(house: Path, tmp_path: Path) -> None:
    target = tmp_path / "house.backup"
    made = to_file(Wish(house), KEY, target)
    assert target.stat().st_mode & 0o777 == 0o600
    noted = last_made(house)
    assert noted is not None and noted["at"] == made.at
    with target.open("rb") as source:
        restored = restore(source, KEY, tmp_path / "new")
    assert restored.aside is None and restored.contents.installation == "abc"
    new = tmp_path / "new"
    for name in ("ledger.key", "ledger.heads", "vault.key", "policies/household.toml", "tls/ca.pem"):
        assert (new / name).read_bytes() == (house / name).read_bytes(), name
    assert not (new / "tls" / "server.pem").exists(), "the certificate of the old box's names"
    assert not list(new.glob("*.before-*"))
    found = verify(new)
    assert found.ok and found.last_seq == made.last
    assert new.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(new / "hearth.db")) as db:
        owed = [kind for (kind,) in db.execute("SELECT kind FROM obligations")]
    assert owed == ["max_on"], "nothing is put back as it was long ago"


def test_while_the_gateway_writes_it_is_one_point_in_time(house: Path, tmp_path: Path) -> None:
    """What hearth.db tells is in the ledger, and the ledger verifies."""
    begun, stop = threading.Event(), threading.Event()

    async def live() -> None:
        async with Ledger(house, SystemClock()) as ledger, Database(house / "hearth.db") as database:
            number = 0
            while not stop.is_set():
                number = await ledger.commit(Entry("mode", 1_700_000_100.0, {"mode": "away"}))
                sql = "INSERT INTO settings VALUES ('last', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                await database.execute(sql, (str(number),))
                begun.set()

    gateway = threading.Thread(target=asyncio.run, args=(live(),))
    gateway.start()
    try:
        assert begun.wait(10)
        data = backed_up(house)
    finally:
        stop.set()
        gateway.join()
    (tmp_path / "out").mkdir()
    contents = take_out(io.BytesIO(data), KEY, tmp_path / "out")
    with closing(sqlite3.connect(tmp_path / "out" / "hearth.db")) as db:
        told = int(db.execute("SELECT value FROM settings WHERE key = 'last'").fetchone()[0])
    assert 30 < told <= contents.last


def test_nothing_is_replaced_unless_it_is_wanted_and_then_nothing_is_lost(house: Path) -> None:
    data = backed_up(house)
    with pytest.raises(BackupError, match="--replace"):
        restore(io.BytesIO(data), KEY, house)
    (house / "mine").write_text("kept")
    restored = restore(io.BytesIO(data), KEY, house, replace=True)
    assert restored.aside is not None and (restored.aside / "mine").read_text() == "kept"
    assert not (house / "mine").exists() and verify(house).ok


def test_while_a_gateway_runs_nothing_is_restored(house: Path) -> None:
    data = backed_up(house)

    async def running() -> None:
        async with Ledger(house, SystemClock()):
            with pytest.raises(BackupError, match="stop it first"):
                restore(io.BytesIO(data), KEY, house, replace=True)

    asyncio.run(running())


@pytest.mark.parametrize("harm", ["cut", "changed", "key"])
def test_what_cannot_be_read_changes_nothing(house: Path, tmp_path: Path, harm: str) -> None:
    data = bytearray(backed_up(house))
    if harm == "cut":
        del data[-200:]
    elif harm == "changed":
        data[-200] ^= 1
    key = Secret(Kind.RECOVERY_KEY, bytes(20)) if harm == "key" else KEY
    with pytest.raises(WrongKeyError if harm == "key" else DamagedError):
        restore(io.BytesIO(bytes(data)), key, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"], "nothing is left behind"


def test_a_ledger_that_was_tampered_with_is_not_backed_up_as_good(house: Path) -> None:
    with closing(sqlite3.connect(house / "ledger.db")) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE entries SET body = '{}' WHERE seq = 5")
        db.commit()
    with pytest.raises(BackupError, match="does not verify"):
        backed_up(house)
    assert not list(house.glob(".backup-*"))


def test_one_of_a_newer_hearth_says_so(tmp_path: Path) -> None:
    out = io.BytesIO()
    sealer = Sealer(out, KEY)
    PartWriter(sealer, {"format": 1, "schema": 9999, "hearth": "9.9"}).close({})
    sealer.finish()
    with pytest.raises(BackupError, match=r"newer Hearth \(9\.9\)"):
        restore(io.BytesIO(out.getvalue()), KEY, tmp_path / "new")


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../b", ".ssh", "a/.x", "", "a//b", "a\nb", "x" * 201]
)
def test_a_part_that_leads_out_is_none(name: str) -> None:
    assert not is_name(name)
    out = io.BytesIO()
    sealer = Sealer(out, KEY)
    writer = PartWriter(sealer, {})
    writer.put(name, 0o600, io.BytesIO(b"x"))
    writer.close({})
    sealer.finish()
    with pytest.raises(DamagedError):
        list(PartReader(Opener(io.BytesIO(out.getvalue()), KEY)).parts())


def test_the_configuration_and_a_credential_come_along(house: Path, tmp_path: Path) -> None:
    (house / "vault.key").unlink()
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "hearth-vault-key").write_bytes(b"k" * 32)
    (tmp_path / "hearth.toml").write_text("# mine\n")
    out = io.BytesIO()
    wish = Wish(house, config=(tmp_path / "hearth.toml",), credentials=tmp_path / "credentials")
    made, _ = write(wish, KEY, out, wait=no_pause)
    assert made.warnings == ()
    restore(io.BytesIO(out.getvalue()), KEY, tmp_path / "new")
    assert (tmp_path / "new" / "vault.key").read_bytes() == b"k" * 32
    assert (tmp_path / "new" / "restored-config" / "hearth.toml").read_text() == "# mine\n"


def test_a_key_that_cannot_be_seen_is_told(house: Path) -> None:
    (house / "vault.key").unlink()
    with closing(sqlite3.connect(house / "hearth.db")) as db:
        db.execute("INSERT INTO vault VALUES ('homekit', 'x', x'00')")
        db.commit()
    made, _ = write(Wish(house), KEY, io.BytesIO(), wait=no_pause)
    assert "paired anew" in made.warnings[0]


def test_the_oldest_go(tmp_path: Path) -> None:
    for day in range(1, 6):
        (tmp_path / f"hearth-2026010{day}T000000Z.backup").touch()
    (tmp_path / "photo.jpg").touch()
    assert [file.name[7:15] for file in rotate(tmp_path, 3)] == ["20260101", "20260102"]
    assert (tmp_path / "photo.jpg").exists()
