"""What was announced anew and not looked at yet: no command goes there.

Whoever reads the candidates decides whether a changed device may still be commanded. Between the change and that decision a
command would already take the new way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Self

from drivers.driver import Candidate, Withdrawn


class Unread:
    """Reads candidates from `source`. A changed one counts as looked at when its reader comes back for the next."""

    def __init__(self, source: AsyncIterator[Candidate | Withdrawn]) -> None:
        self._source = source
        self._changed: dict[str, Candidate] = {}  # the newest of each; as many as there are devices
        self._in_hand: Candidate | Withdrawn | None = None

    def changed(self, candidate: Candidate) -> None:
        """A device that was known is announced otherwise, and waits for its reader."""
        self._changed[candidate.id] = candidate

    def __contains__(self, device: str) -> bool:
        return device in self._changed

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Candidate | Withdrawn:
        done, self._in_hand = self._in_hand, None
        if done is not None and self._changed.get(done.id) is done:
            del self._changed[done.id]
        self._in_hand = await anext(self._source)
        return self._in_hand
