"""The first start on what was restored: nothing of before is sent, and people and the ledger are told."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from gateway.keeping.backup import Wish, write
from gateway.keeping.keys import Kind, Secret
from gateway.keeping.restoring import restore
from gateway.keeping.snapshot import ARRIVED_FILE
from gateway.ledger import verify
from tests.gateway.approvals.asking import asked, people, rules
from tests.gateway.core.rig import AGENT, lamp, opened

KEY = Secret(Kind.RECOVERY_KEY, bytes(range(20)))


async def test_a_question_of_before_has_ended_and_its_command_is_never_sent(tmp_path: Path) -> None:
    rules(tmp_path)
    state, out = tmp_path / "state", io.BytesIO()
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.executor.start(rig.command("lamp.brightness", 5, AGENT, asks=True))
        await asked(rig)
        await rig.gateway.approvals.chores.finish()
        made, _ = await asyncio.to_thread(write, Wish(state), KEY, out)
    out.seek(0)
    await asyncio.to_thread(restore, out, KEY, state, replace=True)
    async with opened(tmp_path, [lamp()]) as rig:
        assert (len(rig.gateway.approvals.book), rig.received("lamp")) == (0, 0)
        (row,) = await rig.rows("restored")
        assert row.seq == made.last + 1, "the first that is written"
        assert row.body["ledger"] == {"last": made.last, "hash": made.hash, "entries": made.last}
        titles = [event.data.get("title") for event in rig.gateway.observers.recent()]
        assert "Hearth was restored from a backup" in titles
        assert not (state / ARRIVED_FILE).exists()
        assert rig.gateway.identity.role_of("anna") is not None, "tokens go on"
    async with opened(tmp_path, [lamp()]) as rig:
        assert len(await rig.rows("restored")) == 1, "told once"
    assert verify(state).ok
