"""One thing that somebody may do more of, or less: what it was, what it is, and the sentence for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from policies.compare.wording import all_of, things_of


class Sort(StrEnum):
    """What a change is about, in the order in which changes are told."""

    USE = "use"
    SEE = "see"
    NEVER = "never"
    BOUND = "bound"
    NEED = "need"
    NEED_SAFE = "need_safe"
    ASK = "ask"
    ASK_FROM = "ask_from"
    ASK_INSTEAD = "ask_instead"
    APPROVER = "approver"
    VALID = "valid"
    APPROVALS = "approvals"
    ONCE = "once"
    UNASKED = "unasked"
    WAIVER = "waiver"
    DUTY = "duty"
    TOLD = "told"
    NAME = "name"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """`who` ("" for everybody) and `what` (capabilities, and where) it is about; `was` and `now` are what held and holds, ""
    where nothing of the sort did. `aside` is what else the sentence names. `more`: it lets somebody do more.
    """

    sort: Sort
    who: str
    what: str
    was: str = ""
    now: str = ""
    aside: str = ""
    more: bool = True

    @property
    def text(self) -> str:
        return _FORMS[self.sort].say(self)

    @property
    def reversed(self) -> Change:
        """The same, seen from the other side."""
        return replace(self, was=self.now, now=self.was, more=not self.more)

    def __str__(self) -> str:
        return self.text


class Draft(NamedTuple):
    """A change of one principal's word and one pattern, before those that are alike are joined."""

    sort: Sort
    who: str
    pattern: str
    where: str
    was: str = ""
    now: str = ""
    aside: str = ""


def joined(drafts: Iterable[Draft]) -> list[Change]:
    """One change for all that differ only in capability, or then in place, or then in whom they are about."""
    patterns: dict[Draft, set[str]] = {}
    for one in drafts:
        patterns.setdefault(one._replace(pattern=""), set()).add(one.pattern)
    places: dict[Draft, set[str]] = {}
    for one, found in patterns.items():
        places.setdefault(one._replace(pattern=things_of(found), where=""), set()).add(one.where)
    whos: dict[Change, set[str]] = {}
    for one, wheres in places.items():
        for where in _together(wheres):
            change = Change(one.sort, "", one.pattern + where, one.was, one.now, one.aside)
            whos.setdefault(change, set()).add(one.who)
    return in_order(replace(change, who=all_of(found)) for change, found in whos.items())


def _together(wheres: set[str]) -> list[str]:
    """Several places in one; what holds everywhere stands for itself."""
    named = sorted(wheres - {""})
    return ([""] if "" in wheres else []) + ([" or".join(named)] if named else [])


def in_order(changes: Iterable[Change]) -> list[Change]:
    """By sort, then by text; each sentence once."""
    order = [*Sort]
    ordered = sorted(changes, key=lambda one: (order.index(one.sort), one.text, repr(one)))
    return [next(same) for _, same in groupby(ordered, key=lambda one: one.text)]


# --- sentences

_LEADS: Final = (
    "up to ",
    "from ",
    "only ",
    "by at most ",
    "at most ",
    "in mode ",
    "outside ",
    "switched off ",
    "put back ",
)
"""With which of two phrases only the second one begins: "up to 25 (was 23)"."""


class _Form(NamedTuple):
    """Templates over the fields of a change: for what is new, for what is gone, and for what is another one now."""

    new: str
    gone: str
    other: str = ""
    who: Callable[[str], str] = lambda who: f"{who}: " if who else ""

    def say(self, change: Change) -> str:
        template = self.other if change.was and change.now else self.new if change.now else self.gone
        lead = next((one for one in _LEADS if change.was.startswith(one) and change.now.startswith(one)), "")
        fields = {
            "was": change.was.removeprefix(lead),
            "now": change.now,
            "aside": change.aside,
            "what": change.what,
        }
        return template.format(who=self.who(change.who), **fields)


def _subject(who: str) -> str:
    return who or "everybody"


_FORMS: Final = {
    Sort.USE: _Form("{who} may now use {what}", "{who} may no longer use {what}", who=_subject),
    Sort.SEE: _Form("{who} may now see {what}", "{who} may no longer see {what}", who=_subject),
    Sort.NEVER: _Form("{who}{what} is barred now", "{who}{what} is no longer barred"),
    Sort.BOUND: _Form(
        "{who}{what} now only {now}", "{who}{what} no longer only {was}", "{who}{what} {now} (was {was})"
    ),
    Sort.NEED: _Form(
        "{who}{what} now needs {now}", "{who}{what} no longer needs {was}", "{who}{what} needs {now} (was {was})"
    ),
    Sort.NEED_SAFE: _Form(
        "{who}{what} toward the safe state is held by {now}",
        "{who}{what} toward the safe state is no longer held by {was}",
        "{who}{what} toward the safe state is held only while it is known to violate {now} (was {was})",
    ),
    Sort.ASK: _Form(
        "{who}now asks {now} before {what}{aside}",
        "{who}no longer asks {was} before {what}{aside}",
        "{who}asks {now} before {what}{aside} (was {was})",
        who=lambda who: f"{who or 'everybody'}: ",
    ),
    Sort.ASK_FROM: _Form(
        "{who}{what} asks {aside} {now}",
        "{who}{what} no longer asks {aside} {was}",
        "{who}{what} asks {aside} only {now} (was {was})",
    ),
    Sort.ASK_INSTEAD: _Form(
        "{who}{what}{aside} may now be approved by {now} (was barred)",
        "{who}{what}{aside} is barred now (could be approved by {was})",
    ),
    Sort.APPROVER: _Form("", "", "{who}{what} is approved by {now} (was {was})"),
    Sort.VALID: _Form("", "", "{who}an approval of {what} counts for {now} (was {was})"),
    Sort.APPROVALS: _Form("", "", "{who}{what} is approved by {now} (was {was})"),
    Sort.ONCE: _Form(
        "{who}{what} is now asked about each time, whoever approved it for a while",
        "{who}{what} may now be approved for a while (was asked about each time)",
    ),
    Sort.UNASKED: _Form(
        "{who} may now use {what} without an approval{aside}",
        "{who} may no longer use {what} without an approval{aside}",
        who=_subject,
    ),
    Sort.WAIVER: _Form(
        '{who}"{aside}" may now be waived by {now} on {what}',
        '{who}"{aside}" may no longer be waived by {was} on {what}',
        '{who}"{aside}" may be waived by {now} on {what} (was {was})',
    ),
    Sort.DUTY: _Form(
        "{who}{what} is now {now}", "{who}{what} is no longer {was}", "{who}{what} is {now} (was {was})"
    ),
    Sort.TOLD: _Form(
        "{what}{who} is now told to {now}",
        "{what}{who} is no longer told to {was}",
        "{what}{who} is told to {now} (was {was})",
        who=lambda who: f", used by {who}," if who else "",
    ),
    Sort.NAME: _Form(
        "", "", '{who}"{now}" has another name (was "{was}"): what was counted, approved or waived for {what} is not for it'
    ),
    Sort.OTHER: _Form(
        "{who}{what} is held otherwise: now {now}",
        "{who}{what} is held otherwise: no longer {was}",
        "{who}{what} is held otherwise: {now} (was {was})",
    ),
}  # fmt: skip
