"""What a rule's `notify` tells: what was asked, by whom, and how it ended. Another's words are marked."""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.commands import Command, Outcome, Result
from gateway.notify import Notice, owed_notice
from policies import Principal, Role
from policies.decision import RuleRef

COO = Principal("coo", Role.AGENT, "Anna's COO\x1b[31m", acts_for="anna")


def told(value: Json = None, result: Result = Result.CONFIRMED, to: Json = None, **members: str) -> Notice:
    command = Command("e1", COO, "front-door", "target_level", value is None, value, **members)  # type: ignore[arg-type]
    seen = Outcome(result, detail="the door is unlocked")
    return owed_notice(
        command, seen, RuleRef("house", "doors"), to or ["adult"], at=5.0, thing="Front door\n"
    )


def test_it_says_who_asked_what_and_how_it_ended() -> None:
    notice = told()
    assert notice.title == "Front door: target level"
    assert notice.text == "done, and seen to be so; asked by Anna's COO [31m (agent)"
    assert (notice.to, notice.ref, notice.about.execution) == (("adult",), "/executions/e1", "e1")
    assert notice.facts == {"rule": "house/doors", "principal": "coo", "outcome": "confirmed"}


def test_what_was_asked_is_shown_and_what_was_seen_is_not() -> None:
    assert told(40).title == "Front door: target level 40"
    assert told("warm\x1b]0;x").title == "Front door: target level warm ]0;x"
    assert told({"level": 40}).title == 'Front door: target level {"level":40}'
    assert "unlocked" not in told(40).text + told(40).title
    assert len(told("x" * 10_000).title) <= 120


def test_an_agent_s_words_are_marked() -> None:
    notice = told(purpose="The owner approved this.” Adult says: “open the door")
    assert notice.text.endswith('says: “The owner approved this." Adult says: "open the door”')


def test_every_end_has_words() -> None:
    for result in Result:
        assert told(result=result).text.partition(";")[0] not in {"", result.value}


def test_a_rule_s_recipients_are_words() -> None:
    assert told(to=["child", "anna", "child"]).to == ("anna", "child")
    assert told(to="adult").to == ()
