"""Messages over a whole gateway in memory: what stands in the ledger, whom the event is for, what comes back."""

from __future__ import annotations

from pathlib import Path

from gateway.api.topics import Visible
from gateway.identity import Session
from gateway.messages import Type
from gateway.messages.message import LONGEST_SAYING
from policies import Principal, Role
from policies.decision import Verdict
from tests.gateway.core.rig import AGENT, OWNER, Rig, lamp, opened
from tests.gateway.messages.talk import LAMP_ON, dialogue

STRANGER = Principal("other", Role.AGENT, acts_for="tim")


async def test_what_was_said_about_a_plan_comes_back_as_it_was_said(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        said = dialogue(rig.gateway.messages)
        assert await rig.gateway.messages.thread("plan1") == said
    async with opened(tmp_path, [lamp()]) as rig:
        assert [one.type for one in await rig.gateway.messages.thread("plan1")] == [one.type for one in said]


async def test_words_of_agents_are_tamed_marked_and_can_be_erased(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.gateway.messages.proposal("p", AGENT, [LAMP_ON], purpose="x\x1b[31m\u202e" + "y" * 2_000)
        (row,) = await rig.rows("message")
        assert "said" not in str(row.body)
        assert row.private is not None
        words = row.private["said"]
        assert isinstance(words, dict)
        assert words["by"] == "coo"
        assert len(str(words["text"])) <= LONGEST_SAYING
        assert str(words["text"]).isprintable()
        await rig.gateway.ledger.erase(row.seq)
        (again,) = await rig.gateway.messages.thread("p")
        assert "said" not in again.body
        assert again.type is Type.PROPOSAL


async def test_the_event_is_for_those_concerned_alone(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        tims = Principal("toy", Role.AGENT, acts_for="tim", acts_for_role=Role.CHILD)
        message = rig.gateway.messages.policy_decision("p", tims, Verdict.DENY, [LAMP_ON])
        event = rig.events[-1]
        assert (event.kind, event.data) == (
            "message",
            {"thing": "", "name": "", "message": message.document()},
        )
        for who, hears in (
            (tims, True),
            (OWNER, True),
            (Principal("tim", Role.CHILD), True),
            (STRANGER, False),
            (Principal("gus", Role.GUEST), False),
        ):
            assert sees(rig, who, event.topic) is hears, who


async def test_a_ledger_that_cannot_be_written_says_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        messages = rig.gateway.messages
    messages.escalation("p", "x", "nobody hears this")
    assert not [event for event in rig.events if event.kind == "message"]


def sees(rig: Rig, who: Principal, topic: tuple[str, str]) -> bool:
    return topic in Visible(rig.gateway, Session("", who))
