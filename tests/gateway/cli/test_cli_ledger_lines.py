"""Entries of the ledger as lines: every kind reads well, whatever is in them, and unknown ones are shown whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.cli.ledger_lines import _LINES, line, who
from gateway.cli.talk import findings, sentence, words
from gateway.messages import Type

NAMES = [
    "approval",
    "answer",
    "ended",
    "changed",
    "by",
    "channel",
    "grant",
    "because",
    "used",
    "value",
    "between",
    "until_ms",
    "times",
    "things",
    "given",
    "principal",
    "property",
    "change",
    "accepts",
    "before",
    "after_s",
    "set",
    "execution",
    "stage",
    "result",
    "steps",
    "verdict",
    "step",
    "why",
    "duty",
    "due_ms",
    "rule",
    "detail",
    "obligation",
    "outcome",
    "from",
    "to",
    "type",
    "body",
    "delivered",
    "tries",
    "of",
    "executions",
    "plans",
    "approvals",
    "leases",
    "obligations",
    "ends",
    "down_ms",
    "clean",
    "ms",
    "affordance",
    "asks",
    "expires_ms",
    "plan",
    "findings",
    "uses",
    "asked",
    "accepted",
    "nearest",
    "holder",
    "what",
    "said",
    "deadline",
    "expires",
    "starts",
    "until",
    "look_at",
    "thing",
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9**9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
BODY = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=12)


@given(kind=st.sampled_from([*_LINES, "unheard-of"]), body=BODY, private=st.none() | BODY)
def test_no_body_makes_it_stumble(kind: str, body: dict[str, Json], private: dict[str, Json] | None) -> None:
    assert isinstance(line({"kind": kind, "body": body, "private": private}), str)


@given(kind=st.sampled_from([*Type]), body=BODY)
def test_no_message_does(kind: str, body: dict[str, Json]) -> None:
    assert sentence(kind, body)
    assert isinstance(words(body), str)
    assert isinstance(findings(body), list)


@pytest.mark.parametrize(
    ("kind", "body", "private", "told"),
    [
        (
            "intent",
            {"affordance": "unlock", "approval": "a1", "asks": ["household/risky"]},
            {"purpose": "a parcel"},
            "unlock: people are asked, as household/risky wants (approval a1) – a parcel",
        ),
        (
            "approval",
            {"approval": "a1", "answer": "approve", "by": "anna", "channel": "box"},
            {},
            "approval a1 is approved by anna at the box",
        ),
        (
            "approval",
            {"approval": "a1", "ended": "expired", "because": "nobody answered"},
            {},
            "approval a1 is expired – nobody answered",
        ),
        (
            "grant",
            {"ended": "g1", "because": "its time is over", "used": 2},
            {},
            "grant g1 is over: its time is over (used 2 times)",
        ),
        (
            "lease",
            {"change": "granted", "property": "target", "accepts": {"minimum": 19, "maximum": 21}},
            {"purpose": "work"},
            "granted on target, accepts 19 to 21 – work",
        ),
        (
            "takeover",
            {"property": "on", "value": False, "before": True},
            {},
            "on false at the device, before true",
        ),
        (
            "correction",
            {
                "by": "anna",
                "principal": "coo",
                "property": "on",
                "value": False,
                "set": True,
                "after_s": 30,
                "execution": "e1",
            },
            {},
            "anna took back what coo did: on false, not true, 30 s later (e1)",
        ),
        (
            "plan",
            {"stage": "prepared", "verdict": "permit", "steps": [1, 2]},
            {"title": "Evening"},
            "prepared “Evening”: 2 steps, the rules say permit",
        ),
        (
            "plan",
            {"stage": "ended", "result": "partly-done", "why": "the lamp is deaf"},
            {},
            "ended: partly done – the lamp is deaf",
        ),
        (
            "obligation",
            {"change": "failed", "duty": "max_on", "property": "on", "rule": "household/heater"},
            {},
            "failed: on to be switched off (rule household/heater)",
        ),
        (
            "incident",
            {"obligation": "o", "duty": "max_on", "property": "on", "detail": "it is deaf", "rule": "a/b"},
            {},
            "on could not be switched off: it is deaf (rule a/b)",
        ),
        (
            "message",
            {"from": "coo", "to": ["gateway"], "type": "commitment", "body": {"steps": 1}},
            {"said": {"by": "coo", "text": "gladly"}},
            "coo to gateway: I do it, 1 step – coo says: “gladly”",
        ),
        (
            "notice",
            {"of": "approval", "channel": "ntfy", "delivered": True, "tries": 3},
            {},
            "approval by ntfy: delivered, after 3 tries",
        ),
        (
            "recovered",
            {
                "ms": 2100,
                "clean": False,
                "executions": 1,
                "plans": 2,
                "ends": {"in_doubt": 1},
                "down_ms": 65000,
            },
            {},
            "settled in 2.1 s: 1 command and 2 plans after an end out of order, after 65 s down (1 in doubt)",
        ),
        (
            "restored",
            {"made_at": 1.7e9, "host": "pi", "ledger": {"last": 7, "hash": "00"}, "missing_s": 7200},
            {"by": "root"},
            "from a backup of pi up to entry 7 by root; 2 h are missing",
        ),
        ("unheard-of", {"x": 1, "y": None}, {}, "x 1"),
    ],
)
def test_each_kind_reads_well(kind: str, body: dict[str, Json], private: dict[str, Json], told: str) -> None:
    assert line({"kind": kind, "body": body, "private": private}) == told


def test_who_says_something_is_not_whose_matter_it_is() -> None:
    assert (
        who({"kind": "message", "principal": "coo", "body": {"from": "gateway", "to": ["coo"]}}) == "gateway"
    )
    assert who({"kind": "dispatch", "principal": "coo", "body": {"from": "x"}}) == "coo"
    assert who({"kind": "start", "body": None}) == ""
