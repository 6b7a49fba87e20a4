"""How a Thing as a whole has been heard: all its properties together are one rhythm."""

from __future__ import annotations

from capabilities.vocabulary import Quality
from gateway.estimates import rhythm, words
from gateway.estimates.doubt import Doubt
from gateway.estimates.rows import EVERY, LAST, LONGEST, Row, thing_row


class Pulse:
    """`doubt` is set while it is quiet."""

    __slots__ = ("doubt", "row", "thing", "watched")

    def __init__(self, thing: str) -> None:
        self.thing = thing
        self.row: Row = thing_row()
        self.doubt: Doubt | None = None
        self.watched = False  # it waits for its time in the sweep

    def see(self, t: float) -> bool:
        """A report at `t` (monotonic seconds). Whether it was quiet."""
        gap = rhythm.beat(self.row, t)
        if gap > self.row[EVERY]:  # what is shorter is never the longest
            rhythm.note_longest(self.row, gap)
        if self.doubt is None:
            return False
        self.doubt = None
        return True

    def judge(self, now: float, since: float, *, vouched: bool) -> tuple[bool, float]:
        """Whether the doubt is another one than before, and in how many seconds to look again. Nobody listened before `since`.
        `vouched`: its driver says that it can be reached; then nothing that it told is called stale.
        """
        row, before = self.row, self.doubt
        limit = rhythm.quiet_after(row)
        last = row[LAST]
        silent = now - (last if last > since else since)  # also where it is nan: it was not heard yet
        if not silent >= limit:
            self.doubt = None
            return before is not None, limit - silent
        stale = rhythm.STALE_TIMES * limit
        told = Quality.STALE if silent >= stale and not vouched else Quality.UNCERTAIN
        if before is not None and before.quality is told:
            return False, rhythm.NEVER if told is Quality.STALE or vouched else stale - silent
        if rhythm.is_regular(row):
            self.doubt = Doubt(told, words.quiet(silent, row[EVERY]))
        else:
            self.doubt = Doubt(told, words.quiet_between(silent, row[LONGEST]))
        return True, rhythm.NEVER if told is Quality.STALE or vouched else stale - silent
