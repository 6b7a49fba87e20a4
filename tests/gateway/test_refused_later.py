"""A no that comes after the command was taken."""

from __future__ import annotations

from capabilities.effects import INPUT, Effect
from capabilities.readings import Reading, Report
from capabilities.vocabulary import Evidence
from gateway.expectations import Expectation, Seen

EFFECT = Effect("on", INPUT, within=5.0)


def expectation() -> Expectation:
    return Expectation("e1", EFFECT, True, since=0.0, needs_device=True, point="p")


async def test_a_refusal_ends_the_wait() -> None:
    waiting = expectation()
    waiting.refuse("no")
    sight = await waiting.wait(60)
    assert (sight.how, sight.by) == (Seen.REFUSED, "no")


async def test_a_refusal_between_the_echo_and_the_question_is_not_lost() -> None:
    waiting = expectation()
    waiting.see(Report("p", Reading(True, None, 1.0, 1.0), Evidence.BRIDGE))
    waiting.refuse("no")
    assert (await waiting.wait(60)).how is Seen.NOT_IN_TIME
    waiting.rearm()
    assert (await waiting.wait(60)).how is Seen.REFUSED


async def test_what_was_seen_is_not_refused_afterwards() -> None:
    waiting = expectation()
    waiting.see(Report("p", Reading(True, None, 1.0, 1.0), Evidence.DEVICE))
    waiting.refuse("no")
    assert (await waiting.wait(60)).how is Seen.YES
