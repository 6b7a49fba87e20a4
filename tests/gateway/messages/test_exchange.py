"""Messages over a whole gateway in memory: what stands in the ledger, whom the event is for, what comes back."""

from __future__ import annotations

from pathlib import Path

from gateway.api.topics import Visible
from gateway.identity import Session
from gateway.messages import Asked, Done, Message, Messages, Type, Use
from gateway.messages.message import LONGEST_SAYING
from policies import Principal, Role
from policies.decision import Accepted, Verdict
from tests.gateway.core.rig import AGENT, OWNER, Rig, lamp, opened

STRANGER = Principal("other", Role.AGENT, acts_for="tim")
LAMP_ON = Use("lamp", "on", True, step="1")


def dialogue(messages: Messages, thread: str = "plan1") -> list[Message]:
    """One of each type that the gateway's own parts send."""
    asked = messages.proposal(
        thread, AGENT, [LAMP_ON], ref=f"/plans/{thread}", purpose="light\x1b[31m for reading"
    )
    return [
        asked,
        messages.policy_decision(
            thread, AGENT, Verdict.NEEDS_APPROVAL, [LAMP_ON], asked=[Asked("a1", ("adult",), 2e9)], in_reply_to=asked.id
        ),
        messages.counter_proposal(
            thread, AGENT, "conflict", thing="lamp", affordance="brightness", accepted=Accepted(10, 40), nearest=40,
            holder="anna", until=2e9, in_reply_to=asked.id,
        ),
        messages.commitment(thread, AGENT, approvals=["a1"], until=2e9, steps=1, in_reply_to=asked.id),
        messages.execution_report(thread, AGENT, "failed", steps=[Done("1", "in_doubt", "lamp", "e1")]),
        messages.escalation(thread, "not-undone", "the lamp could not be switched off", look_at=["/things/lamp"]),
    ]  # fmt: skip


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
        assert (event.kind, event.data) == ("message", {"message": message.document()})
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
