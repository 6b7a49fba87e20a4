"""What people are told. A notice says that something is so, and where to look; nothing in it answers anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal, NamedTuple, TypeAlias

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from policies import Principal, Role

Kind: TypeAlias = Literal["approval", "reminder", "escalation", "incident", "report", "notice"]

EVERYBODY_IN_CHARGE: Final = ("owner", "adult")
"""Who is told where nobody is named."""

LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 600
"""Characters. ntfy makes a message of more than 4,096 bytes an attachment; a lock screen shows some 150 characters."""

LONGEST_SAYING: Final = 160
"""Characters of what an agent or a device says, where a notice quotes it."""

MOST_RECIPIENTS: Final = 32

_ROLES: Final = frozenset(Role)
_OF_EVENTS: Final = frozenset({"id", "type", "at", "thing", "name"})

# A path of ours and nothing else: no query, in which a secret could travel, and no other host.
_REF: Final = re.compile(r"/(?!/)[\w.~:/-]{0,199}", re.ASCII)


class Urgency(IntEnum):
    """How much it presses. What is high is kept over a restart until it is delivered, or too old."""

    LOW = 0
    NORMAL = 1
    HIGH = 2

    @property
    def word(self) -> str:
        return self.name.lower()


class About(NamedTuple):
    """What a notice is about, by id; "" where there is none."""

    thing: str = ""
    affordance: str = ""
    execution: str = ""
    plan: str = ""


NOTHING: Final = About()


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell.

    `to`: roles and principals' ids. `ref`: the path under which the app and the API show it. A later notice with the same `tag`
    takes the place of the earlier one ("answered" that of "asked"). After `until` (seconds since the epoch; 0: no such time)
    nobody needs it any more. With `escalated`, channels marked for it get it whoever it is for. `facts` are for programs.

    `words` are title and text once more, taken apart for readers of other languages (`words.in_parts`).

    `title` and `text` are held to one line of what can be printed, whoever wrote them.
    """

    id: str
    at: float  # seconds since the epoch
    title: str
    text: str
    kind: Kind = "notice"
    to: tuple[str, ...] = EVERYBODY_IN_CHARGE
    urgency: Urgency = Urgency.NORMAL
    ref: str = ""
    tag: str = ""
    about: About = NOTHING
    until: float = 0.0
    escalated: bool = False
    facts: Mapping[str, Json] = field(default_factory=dict, hash=False)
    words: Mapping[str, Json] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        put = object.__setattr__  # the one moment in which it is not yet frozen
        put(self, "title", one_line(self.title, LONGEST_TITLE))
        put(self, "text", one_line(self.text, LONGEST_TEXT))
        put(self, "to", recipients(self.to))
        if not _REF.fullmatch(self.ref):
            put(self, "ref", "")

    def document(self) -> dict[str, Json]:
        """The members that channels and streams have in common."""
        told: dict[str, Json] = {
            "notice": self.id,
            "kind": self.kind,
            "title": self.title,
            "text": self.text,
            "urgency": self.urgency.word,
            "to": list[Json](self.to),
        }
        optional: dict[str, Json] = {
            "words": dict(self.words),
            "ref": self.ref,
            "tag": self.tag,
            "execution": self.about.execution,
            "plan": self.about.plan,
        }
        facts = {name: value for name, value in self.facts.items() if name not in _OF_EVENTS}
        return {**facts, **told, **{name: value for name, value in optional.items() if value}}


def recipients(words: Iterable[str]) -> tuple[str, ...]:
    """Roles and ids, each once, in an order that is always the same; what is no word of one line is nobody."""
    return tuple(sorted({word for word in words if word and word.isprintable()})[:MOST_RECIPIENTS])


def is_told(to: Iterable[str], principal: Principal) -> bool:
    """Whether `principal` is one of `to`. A word that is a role is no id: whoever is called "owner" is no owner."""
    return any(word == (principal.role if word in _ROLES else principal.id) for word in to)


def says(who: str, text: str) -> str:
    """Another's words, marked as such: `coo says: “the heating is cold”`; "" where it says nothing."""
    said = one_line(text, LONGEST_SAYING).replace("“", '"').replace("”", '"')
    return f"{one_line(who, LONGEST_TITLE)} says: “{said}”" if said else ""
