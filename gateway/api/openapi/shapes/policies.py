"""The rules: which are in force, what they mean, and what one may do."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import AcceptedRange, Finding, RoleWord, Time, VerdictWord


class Fault(TypedDict):
    """What is wrong with a rule file."""

    set: str
    line: int
    where: str
    text: str


class RuleSet(TypedDict):
    """A set of rules. `own` is one of the house's; `shadow`: it decides nothing, and what it would have is written down."""

    name: str
    root: bool
    own: bool
    shadow: bool
    digest: str


class RuleSetText(RuleSet):
    """A set as it was written. `rules` has its tables (`allow`, `limit`, `ask`, `then`), without what is at its default."""

    text: str
    rules: dict[str, list[dict[str, AnyJson]]]


class TextBefore(TypedDict):
    """What a set said before its last change."""

    name: str
    digest: str
    text: str


class RulesInForce(TypedDict):
    """The sets in force, and what is wrong with files that are not."""

    version: str
    sets: list[RuleSet]
    problems: list[Fault]
    ignored: list[str]
    folder: str | None


class ExplainedPrincipal(TypedDict):
    """Of whom it is explained what they may do."""

    id: str
    role: RoleWord
    acts_for: str
    acts_for_role: str


class Against(TypedDict):
    """What stands against a use at this moment; with `value` against that value alone."""

    verdict: VerdictWord
    reasons: list[Finding]
    value: NotRequired[AnyJson]


class PossibleUse(TypedDict):
    """One use of a Thing, and what the rules make of it at best."""

    name: str
    action: bool
    capability: str
    hazard: int
    verdict: VerdictWord
    reasons: NotRequired[list[Finding]]
    accepted: NotRequired[AcceptedRange | None]
    conditions: NotRequired[list[str]]
    rules: NotRequired[list[str]]
    now: NotRequired[Against | None]


class ExplainedThing(TypedDict):
    """What somebody may see and do of a Thing. `unseen` and `denied` are for owners and adults."""

    id: str
    title: str
    kind: str
    room: str
    labels: list[str]
    suspended: str
    reachable: bool | None
    sees: list[str]
    uses: list[PossibleUse]
    owed: list[AnyJson]
    unseen: NotRequired[list[str]]
    denied: NotRequired[list[PossibleUse]]


class Explained(TypedDict):
    """What somebody may do now. `minutes` since midnight and `weekday` are null where nobody knows what time it is."""

    principal: ExplainedPrincipal
    rules: str
    at: Time
    minutes: int | None
    weekday: AnyJson
    mode: str
    things: list[ExplainedThing]


class ShadowExample(TypedDict):
    """A use that a shadow set would have refused."""

    at: Time
    principal: str
    thing: str
    affordance: AnyJson
    value: AnyJson
    seen: AnyJson
    execution: str


class ShadowRule(TypedDict):
    """What one rule of a shadow set would have refused."""

    rule: str
    why: str
    verdict: str
    count: int
    latest: Time
    examples: list[ShadowExample]


class Shadows(TypedDict):
    """What the shadow sets would have refused."""

    since: Time
    shadows: list[str]
    rules: list[ShadowRule]
    dispatches: int
    refused: int
    complete: bool


class Remark(TypedDict):
    """What can hardly be meant so."""

    severity: str
    set: str
    line: int
    rule: str
    text: str


class Told(TypedDict):
    """Who may do more, and who less, in sentences."""

    more: list[str]
    less: list[str]


class Checked(Told):
    """What is wrong with sets, what can hardly be meant, and what they would change."""

    ok: bool
    version: str | None
    problems: list[Fault]
    remarks: list[Remark]


class FailedCase(TypedDict):
    """A case that did not come out as written."""

    file: str
    line: int
    name: str
    text: str


class TestedRules(TypedDict):
    """How cases came out."""

    files: int
    cases: int
    failed: list[FailedCase]


class Reloaded(Told):
    """The rules in force now."""

    version: str
    changed: bool
