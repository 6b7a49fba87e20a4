"""What the ledger counts, over a whole gateway in memory: the record of a principal, figures over restarts, the trace."""

from __future__ import annotations

from pathlib import Path

from capabilities.vocabulary import Json
from drivers.simulated.actuations import Actuation
from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger
from gateway.measures.counting import FORMAT, Counts, of_json
from gateway.measures.figures import figures
from gateway.measures.keeper import REMEMBERED
from gateway.measures.trace import trace
from gateway.storage import SettingsRepository
from tests.gateway.core.rig import AGENT, OWNER, Rig, device, lamp, opened, until


async def a_day(rig: Rig) -> None:
    """The agent switches a lamp twice, is refused the lock, and is corrected once; a person opens the door."""
    identity = rig.gateway.identity
    await identity.create_token(OWNER)
    await identity.create_token(AGENT)
    await rig.run("lamp.on", True, AGENT)
    await rig.run("lamp.brightness", 70, AGENT)
    await rig.run("front-door.unlock()", None, AGENT)
    await rig.run("front-door.unlock()", None, OWNER)
    correction: dict[str, Json] = {
        "execution": "e",
        "principal": "coo",
        "capability": "light.on",
        "value": False,
        "set": True,
    }
    rig.gateway.ledger.append(Entry("correction", rig.gateway.clock.wall(), correction, "e", "anna", "lamp"))


async def test_the_record_is_what_happened(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        await a_day(rig)
        began = rig.gateway.clock.wall() - 3600
        for since in (0.0, began):
            record = await rig.gateway.measures.record("coo", since)
            assert set(record) == {"light.on", "light.brightness", "lock.unlock"}
            on, lock = record["light.on"], record["lock.unlock"]
            assert (on.asked, on.confirmed, on.corrected, on.refused) == (1, 1, 1, 0)
            assert (lock.asked, lock.refused, lock.confirmed) == (1, 1, 0)
        owner = await rig.gateway.measures.record("anna", 0.0)
        assert owner["lock.unlock"].asked == 1
        assert owner["lock.unlock"].corrected == 0
        assert await rig.gateway.measures.record("coo", rig.gateway.clock.wall() + 60) == {}
        assert await rig.gateway.measures.record("' OR 1=1 --", 0.0) == {}


async def test_what_never_was_dispatched_has_its_capability_too(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.gateway.registry["lamp"].reach.reachable = False
        await rig.run("lamp.on", True, AGENT)
        record = await rig.gateway.measures.record("coo", 0.0)
        assert {name: one.not_sent for name, one in record.items()} == {"light.on": 1}


async def test_counts_go_on_where_they_were(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        await a_day(rig)
        first = await rig.gateway.measures.counts()
        found = figures(first, 0, {})
        assert found["commands"] == {
            "attempted": 4,
            "let_through": 3,
            "done": 3,
            "confirmed": 3,
            "rate": 1.0,
            "by": {"confirmed": 3},
            "held_back": {"by_rules": 1, "refused": 0, "why": {}},
            "asked": 0,
        }
        assert found["unsafe"] == {"denied": 1, "asked": 0, "approved_after_asking": 0}
        assert found["corrections"] == {"corrected": 1, "confirmed_by_software": 2, "per_100": 50.0}
        told = found["trace"]
        assert isinstance(told, dict)
        assert (told["share"], told["evidence_share"], told["complete"]) == (1.0, 1.0, 3)
        stored = SettingsRepository(rig.gateway.parts.database)
        await stored.set(REMEMBERED, first.to_json())
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        await rig.run("lamp.on", True, OWNER)
        again = await rig.gateway.measures.counts()
        assert again.by["outcome.confirmed"] == first.by["outcome.confirmed"] + 1
        whole = Counts()
        rig.gateway.measures._counts, rig.gateway.measures._counted_at = whole, float("-inf")
        assert +(await rig.gateway.measures.counts()).by == +again.by, "counted anew it comes to the same"


async def test_the_counts_of_another_ledger_or_version_count_nothing(tmp_path: Path) -> None:
    odd: list[Json] = [
        None,
        1,
        {},
        {"format": FORMAT - 1, "seq": 1, "by": {}},
        {"format": FORMAT, "seq": "x", "by": {}},
        [],
    ]
    for nonsense in odd:
        assert of_json(nonsense).seq == 0
    async with opened(tmp_path, [lamp()]) as rig:
        stored = SettingsRepository(rig.gateway.parts.database)
        await stored.set(REMEMBERED, Counts(10**6, 10**6).to_json())
        await rig.run("lamp.on", True)
        assert (await rig.gateway.measures.counts()).by["outcome.confirmed"] == 1


async def test_the_simulators_own_log_has_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await rig.run("lamp.on", True)
        await rig.run("lamp.brightness", 20)
        log = tmp_path / "actuations"
        lines = [Actuation(*_of(one)).to_json() for one in rig.driver.log.entries]
        log.write_text("".join(f"{line}\n" for line in lines))
    found = trace(tmp_path / "state", log)
    assert found.whole, found
    assert (found.dispatched, found.actuations, found.share) == (2, 2, 1.0)
    log.write_text(f"{lines[0]}\n{lines[0]}\n{lines[0]}\n")
    assert len(trace(tmp_path / "state", log).unexplained) == 1
    log.write_text("")
    assert len(trace(tmp_path / "state", log).unseen) == 2


def _of(one: Actuation) -> tuple[float, float, str, str, bytes, str]:
    return one.monotonic, one.wall, one.device, one.topic, one.payload, one.did


async def test_a_start_after_a_crash_says_how_long_it_took(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]):
        pass
    async with Ledger(tmp_path / "state", SystemClock()) as ledger:  # a run that never stopped
        at = SystemClock.wall()
        ledger.append(Entry("start", at, {}))
        effects: list[Json] = [{"property": "on", "value": True, "within_ms": 10}]
        duty: Json = {"kind": "notify", "rule": "household/tell", "value": ["adult"]}
        open_one: dict[str, Json] = {"affordance": "on", "value": True, "capability": "light.on"}
        open_one |= {"effects": effects, "owes": [duty]}
        ledger.append(Entry("dispatch", at, open_one, "e1", "coo", "lamp"))
        ledger.append(Entry("dispatch", at, {"affordance": "press", "action": True}, "e2", "coo", "lamp"))
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        await until(lambda: rig.gateway.supervisor.conditions["recovered"].state == "stopped")
        (row,) = await rig.rows("recovered")
        body = row.body
        assert (body["clean"], body["executions"], body["ends"]) == (
            False,
            2,
            {"confirmed": 1, "in_doubt": 1},
        )
        assert isinstance(body["ms"], int)
        counts = await rig.gateway.measures.counts()
        assert (counts.by["recovered.starts"], counts.by["recovered.ms"]) == (1, body["ms"])
        notices = [event.data for event in rig.events if event.kind == "notice"]
        assert any(one.get("rule") == "household/tell" for one in notices), "whom a rule wants told"
        assert any(one["kind"] == "incident" for one in notices), "what is in doubt"
        assert [one.body["because"] for one in await rig.gateway.messages.thread("e2")] == ["in-doubt"]
        assert rig.gateway.executor.executions.counters["in_doubt"] == 1
    async with opened(tmp_path, [lamp()]) as rig:
        assert len(await rig.rows("recovered")) == 1, (
            "after an end in order, with nothing open, there is nothing to tell"
        )
