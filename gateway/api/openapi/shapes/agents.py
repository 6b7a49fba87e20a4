"""Agents that ask to be let in."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.shapes.decisions import Time


class AgentRequest(TypedDict):
    """`calls_itself` is the agent's own word, in one line, which nobody has checked. `from`: the address it asks from."""

    calls_itself: str
    shown_by: str
    asked_at: Time
    expires_at: Time


AgentRequestFrom = TypedDict("AgentRequestFrom", {"from": str})


class AgentRequestShown(AgentRequest, AgentRequestFrom):
    """One that waits, without its code: that stands where the agent is."""


class AgentRequests(TypedDict):
    waiting: list[AgentRequestShown]
    advice: str


class AgentProposed(TypedDict):
    """As whom it would come in. `acts_for` null: at the box, where there are several for whom it could act."""

    principal: str
    name: str
    acts_for: str | None


class AgentRequestFound(AgentRequest, AgentRequestFrom):
    """The one with this code. `persons` at the box: for whom it could act."""

    user_code: str
    proposed: AgentProposed
    advice: str
    persons: NotRequired[list[str]]


class AgentTurnedAway(TypedDict):
    answer: Literal["deny"]
