"""However many agents and guests ask, those in charge of the house still can."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gateway.approvals.book import MOST_OPEN_IN_ALL, Book
from gateway.clock import SystemClock
from gateway.roots import for_others
from policies import Principal, Role


def test_a_share_of_the_open_questions_is_kept() -> None:
    book = Book(SystemClock(), lambda _: None)
    asks: dict[str, Any] = book._open
    for number in range(for_others(MOST_OPEN_IN_ALL)):
        agent = Principal(f"a{number}", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER)
        assert not book.is_full(agent)
        asks[str(number)] = SimpleNamespace(principal=agent)
    for role in (Role.AGENT, Role.GUEST_AGENT, Role.SERVICE, Role.GUEST, Role.CHILD):
        assert book.is_full(Principal("other", role))
    for role in (Role.OWNER, Role.ADULT):
        assert not book.is_full(Principal("other", role))
