"""How `hearth` ends: exit codes, and the one exception that leads to them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


class Exit(IntEnum):
    """Exit codes. Scripts rely on them: they are added to, never changed."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    REFUSED = 3
    NEEDS_APPROVAL = 4
    UNSETTLED = 5
    UNREACHABLE = 6
    REJECTED = 7
    NOT_FOUND = 8
    LEDGER_BROKEN = 9


MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done: confirmed, or acknowledged where nothing can be observed",
    Exit.ERROR: "an error in the gateway, or one that was not expected",
    Exit.USAGE: "the command line or a value in it is wrong",
    Exit.REFUSED: "refused: by the rules, for want of a good token, or because something else stands against it",
    Exit.NEEDS_APPROVAL: "not done: a person must approve it",
    Exit.UNSETTLED: "sent, but its effect was not seen, or nobody knows",
    Exit.UNREACHABLE: "not sent: the gateway or the device cannot be reached",
    Exit.REJECTED: "the device said no",
    Exit.NOT_FOUND: "no such Thing, property, action or entry (or none that you may see)",
    Exit.LEDGER_BROKEN: "the ledger does not verify",
}


class Failure(Exception):
    """Ends the command. `str()` is the sentence for a person, `advice` lines below it, `document` what `--json` prints."""

    def __init__(
        self, message: str, code: Exit, *, advice: Sequence[str] = (), document: Json = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.advice = tuple(advice)
        self.document = document
