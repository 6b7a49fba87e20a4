"""What people are told of agents that ask to be let in. Never the code: that stands where the agent is, and a person
brings it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from capabilities.vocabulary import Json
from gateway.budgets import Budget
from gateway.clock import Clock
from gateway.ids import new_id
from gateway.networks import network_of
from gateway.notify.notice import Notice, says
from gateway.notify.notifier import Notifier
from gateway.notify.words import in_parts
from gateway.oauth.request import Request
from policies import Principal

REF: Final = "/agents/requests"
TAG: Final = "agents"

MOST_AT_ONCE: Final = 6
AGAIN_S: Final = 300.0
"""Anybody in the network can ask, and a phone must not ring for all of them: some at once, then one each five minutes. The
list has all of them.
"""

MOST_OF_ADDRESS: Final = 2
ADDRESS_AGAIN_S: Final = 1_800.0
"""One machine that asks for ever neither rings for ever nor takes the notice of the next one."""

MOST_SILENCED: Final = 256


class Telling:
    def __init__(self, notifier: Notifier, clock: Clock) -> None:
        self._notifier = notifier
        self._clock = clock
        self._budget = Budget(clock, MOST_AT_ONCE, AGAIN_S)
        self._by_address = Budget(clock, MOST_OF_ADDRESS, ADDRESS_AGAIN_S)
        self._silenced: OrderedDict[str, None] = OrderedDict()

    def asked(self, request: Request) -> None:
        where = network_of(request.address)
        if where in self._silenced or not (self._by_address.take(where) and self._budget.take("")):
            return
        text = [
            f"It asks from {request.address or 'the box'}. Only if you began this yourself: type the code that it shows."
            " Nobody has checked what it calls itself.",
            says("It", request.calls_itself),
        ]
        self._tell(
            "An agent asks to be let in",
            " ".join(filter(None, text)),
            in_parts("agent_asks", address=request.address, says=request.calls_itself),
            until=request.ends_at - self._clock.monotonic(),
        )

    def denied(self, request: Request) -> None:
        """A person said no: nobody is called again for what this address asks, until one of its requests is accepted."""
        if request.address:
            self._silenced[network_of(request.address)] = None
            if len(self._silenced) > MOST_SILENCED:
                self._silenced.popitem(last=False)

    def accepted(self, request: Request, agent: Principal, by: str) -> None:
        """Everybody in charge learns of it, also who did not do it."""
        self._silenced.pop(network_of(request.address), None)
        text = [f"{by} let it in for {agent.acts_for}. `hearth agent revoke {agent.id}` ends it."]
        text.append(says("It", request.calls_itself))
        said = in_parts("agent_new", agent=agent.id, by=by, person=agent.acts_for, says=request.calls_itself)
        self._tell(f"A new agent: {agent.id}", " ".join(filter(None, text)), said)

    def _tell(self, title: str, text: str, said: dict[str, Json], until: float = 0.0) -> None:
        at = self._clock.wall()
        over = at + until if until else 0.0
        self._notifier.tell(Notice(new_id(at), at, title, text, ref=REF, tag=TAG, until=over, words=said))
