"""A start that takes long for a reason is given time, one that hangs is not."""

from __future__ import annotations

from pathlib import Path

from gateway.service.manager import Manager
from gateway.service.serving import starting
from gateway.storage.migrating import NAMES, migrating
from tests.gateway.service.service_manager import listening


async def test_a_migration_lengthens_the_start(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    async with listening(address) as heard:
        with migrating("hearth.db"):
            async with starting(Manager(address)):
                await heard.hears("EXTEND_TIMEOUT_USEC=30000000")
        assert "STATUS=changes hearth.db to the form of this version" in heard.said
    assert not NAMES


async def test_what_is_ready_needs_no_time(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    async with listening(address) as heard, starting(Manager(address)) as manager:
        await heard.hears("STATUS=starts")
        manager.ready()
        await heard.hears("READY=1")
        assert not heard.count("EXTEND")


async def test_without_a_manager_nothing_is_begun() -> None:
    async with starting(Manager()) as manager:
        assert not manager.is_there
