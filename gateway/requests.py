"""Requests that mean nothing, and requests that only ask what would happen."""

from __future__ import annotations

from dataclasses import dataclass

from capabilities.vocabulary import Json
from gateway.commands import Outcome
from gateway.normalise import Target
from policies.decision import Decision


class RequestError(Exception):
    """The request means nothing here: nothing was decided, recorded or sent. The text is for its author."""


class NoSuchAffordance(RequestError):
    """There is no such Thing, property or action."""


class BadInput(RequestError):
    """The value does not fit the affordance's schema; the text names what is wrong and what would be right."""


class KeyReused(RequestError):
    """The idempotency key belongs to another request."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to a command, when nothing is moved. `obstacle` is what would stand in its way though the rules permit
    it, or once a person has said yes.
    """

    decision: Decision
    affordance: str
    is_action: bool
    value: Json
    unchanged: bool
    obstacle: Outcome | None = None
    target: Target | None = None
