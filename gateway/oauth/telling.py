"""What people are told of agents that ask to be let in. Never the code: that stands where the agent is, and a person
brings it.
"""

from __future__ import annotations

from typing import Final

from gateway.budgets import Budget
from gateway.clock import Clock
from gateway.ids import new_id
from gateway.notify.notice import Notice, says
from gateway.notify.notifier import Notifier
from gateway.oauth.request import Request
from policies import Principal

REF: Final = "/agents/requests"
TAG: Final = "agents"

MOST_AT_ONCE: Final = 3
AGAIN_S: Final = 300.0
"""Anybody in the network can ask, and a phone must not ring for all of them: some at once, then one each five minutes. The
list has all of them.
"""


class Telling:
    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        self._budget = Budget(clock, MOST_AT_ONCE, AGAIN_S)

    def asked(self, request: Request) -> None:
        if not self._budget.take(""):
            return
        text = [
            f"It asks from {request.address or 'the box'}. Only if you began this yourself: type the code that it shows."
            " Nobody has checked what it calls itself.",
            says("It", request.calls_itself),
        ]
        self._tell(
            "An agent asks to be let in",
            " ".join(filter(None, text)),
            until=request.ends_at - self._clock.monotonic(),
        )

    def accepted(self, request: Request, agent: Principal, by: str) -> None:
        """Everybody in charge learns of it, also who did not do it."""
        text = [f"{by} let it in for {agent.acts_for}. `hearth agent revoke {agent.id}` ends it."]
        text.append(says("It", request.calls_itself))
        self._tell(f"A new agent: {agent.id}", " ".join(filter(None, text)))

    def _tell(self, title: str, text: str, until: float = 0.0) -> None:
        at = self._clock.wall()
        over = at + until if until else 0.0
        self._notifier.tell(Notice(new_id(at), at, title, text, ref=REF, tag=TAG, until=over))
