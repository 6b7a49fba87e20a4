"""Edits of the rules while the gateway runs, and restarts."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from gateway.commands import Reason, Result
from gateway.ledger import LedgerUnavailable
from gateway.rulebook.edition import compose
from gateway.rulebook.kept import last_kept
from policies import PolicyError, Principal, Role
from tests.gateway.core.rig import OWNER, HoldingLedger, Rig, how, lamp, opened

ALL = 'format = 1\n[[allow]]\nid = "all"\nwho = ["owner", "agent"]\nmay = ["*"]\nsee = ["*"]\nwhy = "All"\n'
NO_LIGHT = '[[limit]]\nid = "dark"\non = ["light.*"]\nnever = true\nwhy = "No light"\n'
MANDATE = 'format = 1\n[[limit]]\nid = "dim"\nwho = ["agent"]\non = ["light.brightness"]\nvalue = { max = 40 }\nwhy = "w"\n'
BROKEN = ALL + "[[limits]]\n"
AGENT = Principal("coo", Role.AGENT)


def write(directory: Path, text: str | None, name: str = "household") -> None:
    folder = directory / "state" / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    if text is None:
        path.unlink()
        return
    fresh = folder / f".{name}"
    fresh.write_text(text)
    fresh.replace(path)


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gateways get a ledger that can hold a command back after it was written."""
    monkeypatch.setattr("gateway.app.Ledger", HoldingLedger)


def problems(rig: Rig) -> list[str]:
    return list(map(str, rig.gateway.rules.problems))


def texts(value: Json) -> list[str]:
    assert isinstance(value, list)
    return list(map(str, value))


async def look(rig: Rig) -> None:
    """As the gateway does it by itself: it must look twice to see that nobody writes any more."""
    await rig.gateway.rules.look()
    await rig.gateway.rules.look()


async def test_an_edit_takes_effect_and_is_recorded(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        first = rig.gateway.policy
        assert how(await rig.run("lamp.on", True)) == (Result.CONFIRMED, Reason.NONE)
        write(tmp_path, ALL + NO_LIGHT)
        await look(rig)
        second = rig.gateway.policy
        assert second.version != first.version
        assert how(await rig.run("lamp.on", False)) == (Result.REFUSED, Reason.POLICY)
        write(tmp_path, ALL)
        await look(rig)
        assert rig.gateway.policy.version == first.version
        started, narrowed, widened = await rig.rows("rules")
        assert started.body["version"] == first.version
        assert started.body["sets"] == {one.name: one.digest for one in compose({"household": ALL}).sets}
        assert (narrowed.body["before"], narrowed.body["version"]) == (first.version, second.version)
        assert narrowed.body["widened"] == []
        assert len(texts(narrowed.body["narrowed"])) == 1
        assert len(texts(widened.body["widened"])) == 1
        told = rig.told("rules", "")
        assert [one["change"] for one in told] == ["in-force", "in-force"]


async def test_it_is_noticed_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.rulebook.keeper.LOOK_EVERY_S", 0.001)
    monkeypatch.setattr("gateway.rulebook.keeper.SETTLED_AFTER_S", 0.001)
    async with opened(tmp_path, [lamp()]) as rig:
        before = rig.gateway.policy.version
        write(tmp_path, ALL)
        async with asyncio.timeout(5):
            while rig.gateway.policy.version == before:
                await rig.heard.batch()


async def test_what_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        path, rules, before = (
            tmp_path / "state" / "policies" / "household.toml",
            rig.gateway.rules,
            rig.gateway.policy,
        )
        for end in (1, 20, len(ALL)):
            path.write_text(ALL[:end] + "#" * end)
            await rules.look()
            assert problems(rig) == []
            assert rig.gateway.policy is before
        await rules.look()
        assert problems(rig) == []


async def test_a_broken_edit_keeps_the_rules_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        before = rig.gateway.policy
        write(tmp_path, BROKEN)
        await look(rig)
        await look(rig)
        assert rig.gateway.policy is before
        assert how(await rig.run("lamp.on", True)) == (Result.CONFIRMED, Reason.NONE)
        (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert "policies/household.toml:8: " in record.getMessage()
        assert '"limits" is not a known word; did you mean "limit"' in record.getMessage()
        (refused,) = await rig.rows("rules-refused")
        assert refused.body["version"] == before.version
        assert texts(refused.body["problems"])[0].startswith("household:8: ")
        assert [one["change"] for one in rig.told("rules", "")] == ["refused"]
        write(tmp_path, ALL)
        await look(rig)
        assert rig.gateway.policy is before
        assert problems(rig) == []
        assert [one["change"] for one in rig.told("rules", "")] == ["refused", "mended"]
        assert (await rig.rows("rules"))[-1].body["mended"] is True


async def test_one_broken_set_keeps_all_of_them(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    write(tmp_path, MANDATE, "landlord")
    async with opened(tmp_path, [lamp()]) as rig:
        before = rig.gateway.policy
        write(tmp_path, ALL + NO_LIGHT)
        write(tmp_path, "format = 1\n[[", "landlord")
        await look(rig)
        assert rig.gateway.policy is before
        with pytest.raises(PolicyError, match="landlord:2: is not TOML"):
            await rig.gateway.rules.reload()


async def test_a_set_that_goes_lets_somebody_do_more_and_the_ledger_says_so(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    write(tmp_path, MANDATE, "landlord")
    async with opened(tmp_path, [lamp()]) as rig:
        assert how(await rig.run("lamp.brightness", 50, AGENT)) == (Result.REFUSED, Reason.POLICY)
        write(tmp_path, None, "landlord")
        told = await rig.gateway.rules.reload(by="anna")
        assert len(told.more) == 1
        assert how(await rig.run("lamp.brightness", 50, AGENT)) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)
        last = (await rig.rows("rules"))[-1]
        assert (last.principal, last.body["by"], last.body["widened"]) == ("anna", "anna", list(told.more))
        write(tmp_path, None)
        await look(rig)
        assert rig.gateway.policy.sets == ("household", "safety")


async def test_a_comment_changes_nothing_that_was_remembered(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        before = rig.gateway.policy
        write(tmp_path, "# mine\n" + ALL)
        await look(rig)
        assert rig.gateway.policy is before
        assert rig.gateway.rules.edition.own["household"].startswith("# mine")
        assert last_kept(tmp_path / "state") == rig.gateway.rules.edition.own
        assert len(await rig.rows("rules")) == 1


async def test_a_command_on_its_way_is_not_sent_under_the_rules_of_before(
    tmp_path: Path, holding: None
) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = asyncio.Event()
        running = rig.begin("lamp.on", True)
        await ledger.written.wait()
        write(tmp_path, ALL + NO_LIGHT)
        await look(rig)
        ledger.hold.set()
        assert how(await running) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        assert rig.received("lamp") == 0


async def test_rights_follow_the_rules(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        assert ("lamp", "on") in rig.gateway.rights.of(OWNER).writes
        write(tmp_path, ALL + NO_LIGHT)
        await look(rig)
        assert ("lamp", "on") not in rig.gateway.rights.of(OWNER).writes
        assert ("lamp", "on") in rig.gateway.rights.of(OWNER).sees


async def test_a_restart_with_a_broken_file_runs_on_with_the_last_good_rules(tmp_path: Path) -> None:
    write(tmp_path, ALL + NO_LIGHT)
    async with opened(tmp_path, [lamp()]) as rig:
        version = rig.gateway.policy.version
    write(tmp_path, BROKEN)
    async with opened(tmp_path, [lamp()]) as rig:
        assert rig.gateway.policy.version == version
        assert len(problems(rig)) == 1
        assert len(await rig.rows("rules-refused")) == 1
        assert len(await rig.rows("rules")) == 1
        assert how(await rig.run("lamp.on", True)) == (Result.REFUSED, Reason.POLICY)
        write(tmp_path, ALL)
        await look(rig)
        assert problems(rig) == []
        assert how(await rig.run("lamp.on", True)) == (Result.CONFIRMED, Reason.NONE)


async def test_an_edit_while_the_gateway_was_down_is_recorded_at_the_start(tmp_path: Path) -> None:
    write(tmp_path, ALL + NO_LIGHT)
    async with opened(tmp_path, [lamp()]):
        pass
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        _, edited = await rig.rows("rules")
        assert edited.body["version"] == rig.gateway.policy.version
        assert len(texts(edited.body["widened"])) == 1
    async with opened(tmp_path, [lamp()]) as rig:
        assert len(await rig.rows("rules")) == 2


async def test_without_a_ledger_the_rules_change_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:

        def full(_: object) -> None:
            raise LedgerUnavailable("no space left on device")

        monkeypatch.setattr(rig.gateway.ledger, "append", full)
        write(tmp_path, ALL + NO_LIGHT)
        await look(rig)
        monkeypatch.undo()
        assert how(await rig.run("lamp.on", True)) == (Result.REFUSED, Reason.POLICY)


async def test_many_reloads_at_once_end_with_the_newest_file(tmp_path: Path) -> None:
    write(tmp_path, ALL)
    async with opened(tmp_path, [lamp()]) as rig:
        rules = rig.gateway.rules
        running = []
        for number in range(6):
            write(tmp_path, ALL + NO_LIGHT.replace("No light", f"No light {number}"))
            running.append(asyncio.create_task(rules.reload()))
            await asyncio.sleep(0)
        await asyncio.gather(*running)
        assert "No light 5" in rules.edition.own["household"]
        rows = await rig.rows("rules")
        assert rows[-1].body["version"] == rig.gateway.policy.version
        versions = [row.body["version"] for row in rows]
        assert all(row.body["before"] == earlier for row, earlier in zip(rows[1:], versions, strict=False))
