"""Exchanges to test with: one message of each type that the gateway's own parts send, short and at their longest."""

from __future__ import annotations

from gateway.messages import Asked, Done, Message, Messages, Use
from policies.decision import Accepted, Decision, Finding, Remedy, Verdict
from tests.gateway.core.rig import AGENT

LAMP_ON = Use("lamp", "on", True, step="1")


def dialogue(messages: Messages, thread: str = "plan1") -> list[Message]:
    asked = messages.proposal(
        thread, AGENT, [LAMP_ON], ref=f"/plans/{thread}", purpose="light\x1b[31m to read by"
    )
    needs = Verdict.NEEDS_APPROVAL
    question = Asked("a1", ("adult",), 2e9)
    return [
        asked,
        messages.policy_decision(thread, AGENT, needs, [LAMP_ON], asked=[question], in_reply_to=asked.id),
        messages.counter_proposal(
            thread,
            AGENT,
            "conflict",
            thing="lamp",
            affordance="brightness",
            accepted=Accepted(10, 40),
            nearest=40,
            holder="anna",
            until=2e9,
            in_reply_to=asked.id,
        ),
        messages.commitment(thread, AGENT, approvals=["a1"], until=2e9, steps=1, in_reply_to=asked.id),
        messages.execution_report(thread, AGENT, "failed", steps=[Done("1", "in_doubt", "lamp", "e1")]),
        messages.escalation(
            thread, "not-undone", "the lamp could not be switched off", look_at=["/things/lamp"]
        ),
    ]


def fullest(messages: Messages, thread: str = "plan1") -> list[Message]:
    """Longer than what is shown, with everything that there is."""
    remedy = Remedy("approval by adult", {"approver": ["adult"]})
    finding = Finding(
        "risky", "household", Verdict.NEEDS_APPROVAL, "A person decides", "26 is above 23", remedy
    )
    secret = finding._replace(about=("door", "state"), seen="the door is open")
    accepted = Accepted(1, 2, (1, 2), {"x": Accepted(maximum=3)})
    decision = Decision(Verdict.NEEDS_APPROVAL, (finding, secret) * 9, "v1", accepted=accepted)
    use = Use("lamp", "set", {"x": "y" * 5_000}, action=True, decision=decision, accepts=accepted)
    many = [Done(str(step), "confirmed", detail="z" * 5_000, reason="not-seen") for step in range(300)]
    return [
        messages.proposal(thread, "coo", [use] * 300, purpose="p" * 5_000, since=1.5, until=2e9, task="t1"),
        messages.policy_decision(thread, "coo", Verdict.DENY, [use] * 300),
        messages.counter_proposal(
            thread, "toy", "policy", accepted=accepted, nearest="n" * 9_000, by="coo", words="w"
        ),
        messages.execution_report(
            thread, "coo", "done", steps=many, detail="d" * 5_000, task="t1", words="w"
        ),
        messages.escalation(thread, "stuck", "e" * 5_000, steps=many, look_at=["/plans/x"] * 99, words="w"),
        messages.commitment(thread, "coo", to=[f"p{number}" for number in range(99)], starts=2e9),
    ]
