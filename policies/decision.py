"""Who asks what, and the answer: the types around a decision. What a decision looks at is in `policies.facts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege


class Role(StrEnum):
    OWNER = "owner"
    ADULT = "adult"
    CHILD = "child"
    GUEST = "guest"
    AGENT = "agent"
    GUEST_AGENT = "guest-agent"
    SERVICE = "service"

    @property
    def is_person(self) -> bool:
        return self in _PERSONS


_PERSONS = frozenset({Role.OWNER, Role.ADULT, Role.CHILD, Role.GUEST})


class Mandate(NamedTuple):
    """What one holder may do at the most, besides the rules: `terms` is the canonical JSON of `policies.mandates.Terms`, `name`
    is how findings call it ("delegation:coo.shutters", "contract:energy").
    """

    name: str
    terms: str


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `acts_for` is the person an agent acts for ("" for a person), `acts_for_role` that person's role: what the
    person may not do, the agent may not either. `at_box` is true on the box's own socket. `makers` are the agents from whose
    tokens its own was made: what binds one of them binds it. Each of `mandates` narrows what it may do and see;
    `acts_for_mandates` are those of that person.
    """

    id: str
    role: Role
    title: str = ""
    acts_for: str = ""
    at_box: bool = False
    acts_for_role: Role | None = None
    makers: tuple[Principal, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    acts_for_mandates: tuple[Mandate, ...] = ()

    @property
    def person(self) -> Principal | None:
        """Whom it acts for; None for a person, and where nobody knows who that is."""
        if not self.acts_for or self.acts_for_role is None:
            return None
        return Principal(self.acts_for, self.acts_for_role, mandates=self.acts_for_mandates)

    @property
    def chain(self) -> tuple[Principal, ...]:
        """Everybody whose rules bind it: itself, its makers, and the person it acts for."""
        person = self.person
        return (self, *self.makers) if person is None else (self, *self.makers, person)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule's selectors look at: one affordance of one Thing. Made once for each affordance, not once a request."""

    thing: str
    room: str
    labels: frozenset[str]
    capability: str
    privilege: Privilege
    hazard: Hazard
    privacy: Privacy = Privacy.PUBLIC


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """`principal` wants `subject` to take `value` (the input after defaults, resolution and unit conversion).

    `becomes` is what an action makes of the property it changes, where that is known (None: what `value` says). `purpose` is
    what the caller says it is for: it is shown and recorded, and no rule believes it.
    """

    principal: Principal
    subject: Subject
    value: Json = None
    toward_safe: bool = False
    becomes: Json = None
    purpose: str = ""


class RuleRef(NamedTuple):
    """One rule among all sets."""

    set: str
    rule: str

    def __str__(self) -> str:
        return f"{self.set}/{self.rule}"


class Verdict(IntEnum):
    """Ordered: the strictest of all rules is the answer."""

    DENY = 0
    NEEDS_APPROVAL = 1
    PERMIT = 2


class Remedy(NamedTuple):
    """What would make it allowed, in words, and as data where it is data.

    Members of `data`: `minimum`, `maximum`, `one_of`; `after_seconds`, `not_before` (a time of day), `modes`; `approver`;
    of another Thing's reading `thing`, `property` and what it must be; of a missing allow `set`, `who`, `may`, `privilege`;
    of labels that a person can take off `thing`, `without_labels`.
    `otherwise` is the part of `text` that asks for no other input, only for another moment.
    """

    text: str
    data: Json = None
    otherwise: str = ""


class Finding(NamedTuple):
    """One rule's part in a decision.

    `seen` is what it looked at ("26 is above 23"), `unknown` is true where evidence was missing or of the wrong type.
    `about` names the (Thing, property) whose state `seen` and the remedy repeat (property "": the one that the use changes),
    `also_about` further ones: who may not see all of them, is not shown either.
    """

    rule: str
    set: str
    verdict: Verdict
    why: str
    seen: str = ""
    remedy: Remedy | None = None
    unknown: bool = False
    about: tuple[str, str] | None = None
    also_about: tuple[tuple[str, str], ...] = ()

    @property
    def tells_of(self) -> tuple[tuple[str, str], ...]:
        """`about` and `also_about`."""
        return self.also_about if self.about is None else (self.about, *self.also_about)


@dataclass(frozen=True, slots=True)
class Obligation:
    """What a permitted command still owes: `kind` is `max_on` or `restore` (`value`: seconds), `confirm` (true) or `notify`
    (roles and ids). `rule` is the one that asks for it, the strictest where several do.
    """

    kind: str
    rule: RuleRef
    value: Json = None

    def say(self) -> str:
        """As a duty in words: `switched off after 7200 s`."""
        match self.kind:
            case "max_on":
                return f"is switched off after {self.value} s"
            case "restore":
                return f"is put back as it was after {self.value} s"
            case "confirm":
                return "counts as done only when the device itself says so"
            case _:
                told = self.value if isinstance(self.value, list) else []
                return f"is told to {', '.join(map(str, told))}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The widest range that all rules together accept for the input (None: no bound on that side).

    `members` has the same for the members of an input that is an object. An empty `one_of`, or a `minimum` above the
    `maximum`, means that nothing is accepted.
    """

    minimum: float | None = None
    maximum: float | None = None
    one_of: tuple[Json, ...] | None = None
    members: Mapping[str, Accepted] = field(default_factory=dict, hash=False)


class Decision(NamedTuple):
    """The answer, every reason for it, and the version of the rules that gave it.

    `counts` are the rules that count a permitted use against their rate when it is dispatched. `rests_on_facts`: something else
    than the request was looked at, so that the answer may be another one a moment later.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    version: str
    obligations: tuple[Obligation, ...] = ()
    accepted: Accepted | None = None
    counts: tuple[RuleRef, ...] = ()
    rests_on_facts: bool = False

    @property
    def permitted(self) -> bool:
        return self.verdict is Verdict.PERMIT
