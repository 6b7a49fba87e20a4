"""Every earlier form of the database opens, keeps what is in it, and ends in the form of today."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from gateway.storage import Database, SettingsRepository, StorageError, ThingRepository, TokenRepository
from gateway.storage.database import MIGRATIONS, migrate

SNAPSHOTS = Path(__file__).with_name("snapshots")
"""One dump with data for each version that was ever released, named after its last migration."""

VERSIONS = [script.stem for script in sorted(MIGRATIONS.glob("*.sql"))]


def restore(name: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript((SNAPSHOTS / f"{name}.sql").read_text(encoding="utf-8"))
        db.execute(f"PRAGMA user_version={int(name[:4])}")


def schema(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.split())) for name, sql in rows}


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        number: int = db.execute("PRAGMA user_version").fetchone()[0]
        return number


def copies(directory: Path) -> list[Path]:
    return list(directory.glob("hearth.db.before*"))


@pytest.mark.parametrize("name", VERSIONS)
async def test_each_earlier_version_comes_up_to_date_with_its_data(tmp_path: Path, name: str) -> None:
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    restore(name, old)
    async with Database(old) as database:
        (thing,) = [t async for t in ThingRepository(database).each() if t.state == "active"]
        assert (thing.id, thing.title, thing.labels) == ("reading-lamp", "Reading lamp", ("evening", "cosy"))
        assert thing.names == {"0x01/light": "", "0x01/usb": "usb"}
        assert [t.principal for t in await TokenRepository(database).load_all()] == ["ada", "coo"]
        assert await SettingsRepository(database).get("mode") == "home"
    async with Database(fresh):
        pass
    assert schema(old) == schema(fresh)
    assert version(old) == len(VERSIONS)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    directory = tmp_path / "migrations"
    directory.mkdir()
    (directory / "0001_one.sql").write_text(
        "CREATE TABLE one (x INTEGER) STRICT; INSERT INTO one VALUES (1);"
    )
    return directory


async def test_an_existing_file_is_copied_before_it_is_changed(tmp_path: Path, migrations: Path) -> None:
    path = tmp_path / "hearth.db"
    async with Database(path, migrations=migrations):
        assert copies(tmp_path) == [], "there was nothing to keep"
    (migrations / "0002_two.sql").write_text("ALTER TABLE one ADD COLUMN y TEXT; UPDATE one SET x = 2;")
    (migrations / "0003_three.sql").write_text("CREATE TABLE three (z TEXT) STRICT")
    async with Database(path, migrations=migrations) as database:
        assert await database.fetch_all("SELECT x, y FROM one") == [(2, None)]
    copy = tmp_path / "hearth.db.before-0002"
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT * FROM one").fetchall() == [(1,)]
    assert (version(copy), version(path)) == (1, 3)
    assert stat.S_IMODE(copy.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, migrations: Path) -> None:
    path = tmp_path / "hearth.db"
    async with Database(path, migrations=migrations):
        pass
    (migrations / "0002_two.sql").write_text("CREATE TABLE two (x INTEGER); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(
        StorageError, match=r"migration 0002_two\.sql failed, nothing of it was kept.*nowhere"
    ):
        async with Database(path, migrations=migrations):
            pass
    assert version(path) == 1
    assert {name for name, _ in schema(path)} == {"one"}
    (migrations / "0002_two.sql").write_text("CREATE TABLE two (x INTEGER)")
    async with Database(path, migrations=migrations) as database:
        assert await database.fetch_all("SELECT * FROM two") == []


def test_a_newer_database_is_refused_and_the_way_back_is_named(tmp_path: Path, migrations: Path) -> None:
    path = tmp_path / "hearth.db"
    (migrations / "0002_two.sql").write_text("CREATE TABLE two (x INTEGER)")
    migrate(path, migrations)
    (migrations / "0002_two.sql").unlink()
    with pytest.raises(
        StorageError, match=r"newer Hearth \(schema 2, this one knows 1\).*hearth\.db\.before-0002"
    ):
        migrate(path, migrations)


def test_a_missing_number_is_found(tmp_path: Path, migrations: Path) -> None:
    shutil.copy(migrations / "0001_one.sql", migrations / "0003_three.sql")
    with pytest.raises(StorageError, match=r"migration 0002 is missing.*found 0003_three\.sql"):
        migrate(tmp_path / "hearth.db", migrations)


async def test_what_is_not_a_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "hearth.db").write_bytes(b"surely not a database, and long enough to be looked at " * 20)
    with pytest.raises(StorageError, match=r"hearth\.db cannot be opened: file is not a database"):
        async with Database(tmp_path / "hearth.db"):
            pass
