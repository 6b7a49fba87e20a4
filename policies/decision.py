"""Who asks what, and the answer: the types around a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

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


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `acts_for` is the person an agent acts for ("" for a person). `at_box` is true on the box's own socket."""

    id: str
    role: Role
    title: str = ""
    acts_for: str = ""
    at_box: bool = False


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
    """`principal` wants `subject` to take `value` (the input after defaults, resolution and unit conversion)."""

    principal: Principal
    subject: Subject
    value: Json = None
    toward_safe: bool = False


class Verdict(IntEnum):
    """Ordered: the strictest of all rules is the answer."""

    DENY = 0
    NEEDS_APPROVAL = 1
    PERMIT = 2


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would make it allowed, in words, and as data where it is data.

    Members of `data`: `minimum`, `maximum`, `one_of`, `after_seconds`, `approver`;
    of a missing allow `set`, `who`, `may`, `privilege`.
    """

    text: str
    data: Json = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's part in a decision.

    `seen` is what it looked at ("26 is above 23"), `unknown` is true where evidence was missing or of the wrong type.
    """

    rule: str
    set: str
    verdict: Verdict
    why: str
    seen: str = ""
    remedy: Remedy | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Obligation:
    """What a permitted command still owes: `kind` is max_on, notify, restore or confirm."""

    kind: str
    rule: str
    value: Json = None


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


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, every reason for it, and the version of the rules that gave it."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    version: str
    obligations: tuple[Obligation, ...] = ()
    accepted: Accepted | None = None

    @property
    def permitted(self) -> bool:
        return self.verdict is Verdict.PERMIT


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's answer, bound to one execution."""

    execution: str
    approver: str
    granted: bool
    at: float
