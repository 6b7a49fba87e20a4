"""Refusals, stories and findings, word for word; the documents are as a gateway answered them."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from gateway.api.problems import PROBLEMS, TYPE_PREFIX
from gateway.cli.answer import Answer
from gateway.cli.commands.why import story
from gateway.cli.exits import MEANINGS, Exit
from gateway.cli.problems import NOBODY_ASKED, failure

REFUSED: dict[str, Json] = {
    "type": "urn:hearth:problem:policy",
    "title": "The rules do not allow it",
    "status": 403,
    "detail": "Comfort without waste, and no see-saw",
    "outcome": "refused",
    "execution": "1m8163xdtwrqswvxvn96",
    "reason": "policy",
    "findings": [
        {
            "rule": "agents-comfort",
            "set": "household",
            "verdict": "permit",
            "why": "Our agents look after comfort",
            "seen": "",
        },
        {
            "rule": "heating-band",
            "set": "household",
            "verdict": "deny",
            "why": "Comfort without waste, and no see-saw",
            "seen": "target 29 °C",
            "remedy": {"text": "target between 16 and 23 °C", "data": {"minimum": 16, "maximum": 23}},
        },
    ],
    "accepted": {"minimum": 16, "maximum": 23},
}


def test_a_refusal() -> None:
    refused = failure(Answer(403, {}, REFUSED), "thermostat target")
    assert str(refused) == "refused: thermostat target – the rules do not allow it"
    assert refused.advice == (
        "Comfort without waste, and no see-saw (seen: target 29 °C) — rule household/heating-band",
        "  what would do: target between 16 and 23 °C",
    )
    assert refused.code is Exit.REFUSED
    assert refused.document == REFUSED


@pytest.mark.parametrize(
    ("name", "detail", "message", "code"),
    [
        ("approval-required", "ask", "refused: lamp on – a person must approve it: ask", Exit.NEEDS_APPROVAL),
        (
            "suspended",
            "it changed",
            "refused: lamp on – the Thing waits for a person: it changed",
            Exit.REFUSED,
        ),
        (
            "not-seen",
            "on did not become true within 5 s",
            "unconfirmed: lamp on – on did not become true within 5 s",
            Exit.UNSETTLED,
        ),
        (
            "in-doubt",
            "the link was lost",
            "in doubt: lamp on – nobody knows whether it happened: the link was lost",
            Exit.UNSETTLED,
        ),
        ("rejected", "too hot", "rejected: lamp on – the device refused: too hot", Exit.REJECTED),
        ("device-unreachable", "x", "not sent: lamp on – the device cannot be reached: x", Exit.UNREACHABLE),
    ],
)
def test_other_ends_of_a_command(name: str, detail: str, message: str, code: Exit) -> None:
    status, title = PROBLEMS[name]
    outcome = message.partition(":")[0].replace(" ", "_")
    document: Json = {
        "type": TYPE_PREFIX + name,
        "title": title,
        "status": status,
        "detail": detail,
        "outcome": outcome,
    }
    ended = failure(Answer(status, {}, document), "lamp on")
    assert (NOBODY_ASKED in ended.advice) == (name == "approval-required")
    assert str(ended) == message
    assert ended.code is code


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_of_the_gateway_has_an_exit_code(name: str) -> None:
    status, title = PROBLEMS[name]
    ended = failure(
        Answer(status, {}, {"type": TYPE_PREFIX + name, "title": title, "status": status, "detail": "x"})
    )
    assert ended.code in MEANINGS
    assert ended.code is not Exit.DONE
    expected = {
        400: Exit.USAGE,
        404: Exit.NOT_FOUND,
        502: Exit.REJECTED,
        503: Exit.UNREACHABLE,
        504: Exit.UNSETTLED,
    }
    assert ended.code is expected.get(status, ended.code)


def test_an_answer_that_is_no_problem_document() -> None:
    assert str(failure(Answer(502, {}, "<html>"))) == "the gateway answered 502"
    assert failure(Answer(500, {}, None)).code is Exit.ERROR


NOW = 1767225660.0  # 2026-01-01T00:01:00Z
STATE: dict[str, Json] = {
    "value": True, "unit": None, "quality": "good", "observed_at": "2026-01-01T00:00:30Z", "evidence": "device",
}  # fmt: skip
COMMAND: dict[str, Json] = {
    "at": "2026-01-01T00:00:29Z",
    "affordance": "toggle",
    "value": True,
    "outcome": "confirmed",
    "principal": "coo",
    "purpose": "time to read",
    "rules": "3c2c87001bfc4231",
    "findings": ["household/agents-comfort"],
    "execution": "1m81",
    "entry": 16,
}


def shown(cause: str, command: Json, state: Json = STATE) -> list[str]:
    answer: dict[str, Json] = {
        "thing": "desk-lamp",
        "property": "on",
        "cause": cause,
        "state": state,
        "command": command,
    }
    return story(answer, NOW)


def test_why_by_a_command() -> None:
    first, asked, *rest = shown("command", COMMAND)
    assert first == "desk-lamp on is true (told by the device 30 s ago)"
    assert asked.startswith("asked:    toggle → on true, 31 s ago (at ")
    assert rest == [
        "by:       coo",
        "for:      time to read",
        "rules:    household/agents-comfort",
        "outcome:  confirmed",
        "ledger:   entry 16, execution 1m81",
    ]


def test_why_by_hand() -> None:
    assert (
        shown("device", COMMAND)[1]
        == "it was moved at the device, or by something else than this gateway; before that:"
    )
    assert shown("device", None)[1:] == ["no command of Hearth's moved it"]


def test_why_by_a_command_that_was_not_seen_to_work() -> None:
    deaf: Json = {"at": COMMAND["at"], "affordance": "on", "value": False, "outcome": "unconfirmed"}
    story_ = story(
        {"thing": "lamp", "cause": "unconfirmed", "state": STATE, "command": deaf, "before": COMMAND}, NOW
    )
    assert story_[1] == "the last command was not seen to work:"
    assert "outcome:  unconfirmed" in story_
    assert story_.index("the last one before it that was seen to work:") < story_.index("by:       coo")


def test_why_with_little_to_tell() -> None:
    assert shown("unknown", None, None)[0] == "desk-lamp on: nothing is known of its state"
    foreign: Json = {"at": COMMAND["at"], "affordance": "on", "value": True, "outcome": None}
    lines = shown("command", foreign, {**STATE, "quality": "stale", "evidence": "bridge"})
    assert lines[0] == "desk-lamp on is true (told by its bridge 30 s ago, stale)"
    assert "by:       somebody whose commands are not yours to read" in lines
    assert "outcome:  not known yet" in lines
