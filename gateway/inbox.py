"""What was found and is not a Thing: the candidates that wait for a person, and those that one has waved away."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Final

from drivers.driver import Candidate
from gateway.clock import Clock
from gateway.storage import IgnoredCandidates

INBOX_CANDIDATES: Final = 2_000
"""Found and not adopted, at the most: beyond it the oldest goes, a hostile network must not fill the memory."""

CandidateKey = tuple[str, str]
"""(driver, candidate id)"""


class Inbox(Mapping[CandidateKey, Candidate]):
    """The candidates that wait, the oldest first. `ignored` has those that were waved away, each as it is announced now
    (None: not at all); they stay so over restarts, until somebody wants them back.
    """

    def __init__(self, rows: IgnoredCandidates, clock: Clock) -> None:
        self._rows = rows
        self._clock = clock
        self._waiting: OrderedDict[CandidateKey, Candidate] = OrderedDict()
        self.ignored: dict[CandidateKey, Candidate | None] = {}

    def __getitem__(self, key: CandidateKey) -> Candidate:
        return self._waiting[key]

    def __iter__(self) -> Iterator[CandidateKey]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    async def load(self) -> None:
        """Raises `sqlite3.Error`."""
        self.ignored = dict.fromkeys(await self._rows.load_all())

    def put(self, candidate: Candidate) -> None:
        """It waits, as it is announced now; a new one as the last."""
        key = (candidate.driver, candidate.id)
        self._waiting[key] = candidate
        self._waiting.move_to_end(key)
        if len(self._waiting) > INBOX_CANDIDATES:
            self._waiting.popitem(last=False)

    def take(self, key: CandidateKey) -> Candidate | None:
        """It waits no longer."""
        return self._waiting.pop(key, None)

    def overlooks(self, candidate: Candidate) -> bool:
        """Whether nobody wants to be asked about it. It is remembered as it is, should it be wanted back."""
        key = (candidate.driver, candidate.id)
        if key not in self.ignored:
            return False
        self.ignored[key] = candidate
        return True

    def withdraw(self, key: CandidateKey) -> None:
        """It is not announced any more. One that was waved away stays so, should it come again."""
        self._waiting.pop(key, None)
        if key in self.ignored:
            self.ignored[key] = None

    async def ignore(self, key: CandidateKey, *, by: str) -> None:
        """Waves a waiting one away. Raises `KeyError`, `sqlite3.Error`."""
        self.ignored[key] = self._waiting.pop(key)
        await self._rows.add(*key, at=self._clock.wall(), by=by)

    async def restore(self, key: CandidateKey) -> Candidate | None:
        """Somebody wants to be asked about it again. What is to be seen now; None where it is not announced at present, and
        comes as soon as it is. Raises `KeyError`, `sqlite3.Error`.
        """
        if key not in self.ignored:
            raise KeyError(key)
        await self._rows.remove(*key)
        return self.ignored.pop(key, None)
