"""Pairing with devices over the API: what they ask for, and what comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from capabilities.vocabulary import Json
from drivers.driver import Candidate, NotSent, Rejected, Uncertain
from gateway.api.problems import Problem
from gateway.context import Gateway
from gateway.discovery.pairing import pair
from gateway.foreign import one_line
from gateway.inbox import CandidateKey

LONGEST_CODE: Final = 512
"""Characters: tokens are longer than keys."""


class DevicePairing:
    """Pairing, for whoever has the device for itself."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @asynccontextmanager
    async def turn(self, device: CandidateKey, *others: CandidateKey) -> AsyncIterator[None]:
        """Nobody else pairs, adopts or lets go of `device` meanwhile, nor of the `others`, for which it waits. Raises
        `Problem`: 409 while somebody does.
        """
        turns = self._gateway.discovery.turns
        if turns.is_taken(device):
            raise Problem("changed-meanwhile", "it is being paired, adopted or let go already: wait for that")
        async with turns.of(device, *others):
            yield

    async def paired(self, candidate: Candidate, code: str) -> Candidate:
        """As it can be adopted. Raises `Problem`: 422 without a code, 502, 503, 504 as the device answered or did not."""
        asks = candidate.asks
        if asks is not None and not code.strip():
            raise Problem("code-needed", asks.hint, members={"asks": asks_of(candidate)})
        try:
            return await pair(self._gateway, candidate, code.strip())
        except Rejected as error:
            raise Problem("rejected", one_line(str(error), 500)) from None
        except NotSent as error:
            raise Problem("not-sent", one_line(str(error), 500)) from None
        except Uncertain as error:
            raise Problem("in-doubt", one_line(str(error), 500)) from None


def asks_of(candidate: Candidate) -> Json:
    """What it asks for, as it is shown; None where it asks for nothing."""
    asks = candidate.asks
    return {"what": asks.what, "hint": asks.hint, "example": asks.example} if asks is not None else None
