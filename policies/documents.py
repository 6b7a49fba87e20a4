"""A rule document: the models of the TOML text. The vocabulary is closed; an unknown word is an error, never ignored.

    format = 1
    shadow = true                        the whole set only reports what it would have refused
    mandate = "coo"                      the set is that agent's mandate: every rule in it is about coo, and about whoever
                                         coo lets in; none says who

    [[allow]]                            what somebody may do: without one, nothing
    id, why                              its name in this set, and the reason in plain words
    who                                  roles, or principals' ids (`id:coo` where an id looks like a role)
    may                                  capabilities to use: `light.on`, `light.*`, `*.target`, `*`
    see                                  capabilities to read; with the word `sensitive` its wildcards reach sensitive ones
    privilege                            the highest it covers: operate (if left out), manage or administer
    things, rooms, labels                only there
    unasked = ["an-adult-decides"]       in the household's own set: these asks of it do not ask about what this covers (but
                                         for an ask with `once`), and it covers no hazard 3, not by an exact name either; with
                                         `value` and `members`, as a limit has them, only within these bounds

    [[limit]]                            what a use must keep to; it grants nothing
    id, why
    on                                   capabilities
    who, things, rooms, labels           only for them, only there
    hazard_min, privilege                only from this hazard or privilege up
    when = { starts = true }             only uses that make something run, flow or stand open: switching off is free
    when = { between, days, modes }      only at these times, in these modes
    value = { min, max, one_of }         bounds on the input; `max_change` bounds how far from the present value
    members = { brightness = { max } }   bounds on the members of an input that is an object
    needs = [{ thing, property, ... }]   what must be so elsewhere: min, max, equals, fresh, trusted
    not_between = ["22:00", "07:00"]     quiet hours, on the days `days` (when they begin)
    at_most = "6/h"                      how often, over everybody, in any such time
    rest = "5m"                          how long it must have been off before it starts again
    modes = ["home", "night"]            only in these modes of the house
    never = true                         no input at all
    waivable_by = ["adult"]              who may lift it for a while

    [[ask]]                              as a limit, but what does not keep to it needs a person's approval; without
                                         any such word, every use does
    approver, valid                      who may approve, and for how long an approval counts
    approvals = 2                        so many different people must say yes
    once = true                          each use is asked about: no approval for a while, or for a whole plan, answers it

    [[then]]                             what a permitted use owes; selectors as above
    max_on, restore                      switched off, or put back, after that time
    confirm = true                       done only when the device itself says so
    notify = ["adult"]                   who is told

Several selectors in one rule must all fit; of several values in one selector one must. Hazard 3, and what is sensitive
(but for the word `sensitive`), is covered by an exact name only, never by a wildcard. `adult` includes the owner.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from capabilities.vocabulary import Hazard, Privilege
from policies.agent_files import is_id
from policies.decision import Role
from policies.fields import (
    EXPLICIT_ID,
    SENSITIVE,
    AnyScalar,
    Approvals,
    Capabilities,
    Days,
    Distance,
    Duration,
    HazardLevel,
    Modes,
    Number,
    Options,
    PrivilegeLevel,
    RateText,
    Readable,
    RuleId,
    RuleIds,
    Text,
    Texts,
    TimeOfDay,
    Who,
    fault,
)
from policies.patterns import is_exact

FORMAT: Final = 1
"""The only format there is."""

CONDITIONS: Final = ("value", "members", "needs", "not_between", "at_most", "rest", "modes")
"""The words that a use may keep to or not."""


def _format(value: object) -> int:
    if value != FORMAT or isinstance(value, bool):
        raise fault(f"must be {FORMAT}")
    return FORMAT


def _agent(value: object) -> str:
    if not is_id(value):
        raise fault('must be the id of one agent, like mandate = "coo"')
    return str(value)


_AGENT: Final[JsonSchemaValue] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_.-]*$", "maxLength": 100}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BoundsTable(_Table):
    """`{ min = 16, max = 23 }` (numbers, both ends belong to it), `{ one_of = ["heat", "off"] }`, `{ max_change = 3 }`, or more
    of them together.
    """

    min: Number | None = None
    max: Number | None = None
    one_of: Options | None = None
    max_change: Distance | None = None

    @model_validator(mode="after")
    def _says_something_possible(self) -> BoundsTable:
        if self.min is None and self.max is None and self.one_of is None and self.max_change is None:
            raise fault("bounds nothing: give min, max, one_of or max_change")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise fault(f"can never be met: min {self.min} is above max {self.max}")
        if self.one_of is not None and (self.min is not None or self.max is not None):
            low = -math.inf if self.min is None else self.min
            high = math.inf if self.max is None else self.max
            for option in self.one_of:
                if isinstance(option, bool | str) or not low <= option <= high:
                    raise fault(f"can never be met: {option!r} in one_of is not within min and max")
        return self


class NeedTable(_Table):
    """What another property must be: `{ thing = "tank", property = "level", min = 20, fresh = "2m" }`.

    `thing` may be left out for the Thing itself. `fresh`: heard of within that time; `trusted`: by the device's own word.
    """

    thing: Text | None = None
    property: Text
    min: Number | None = None
    max: Number | None = None
    equals: AnyScalar | None = None
    fresh: Duration | None = None
    trusted: bool = False

    @model_validator(mode="after")
    def _needs_something_possible(self) -> NeedTable:
        ranged = self.min is not None or self.max is not None
        if not ranged and self.equals is None and self.fresh is None:
            raise fault("needs nothing: give min, max, equals or fresh")
        if ranged and self.equals is not None:
            raise fault("has both a range and equals: one of the two says it all")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise fault(f"can never be met: min {self.min} is above max {self.max}")
        return self


class WhenTable(_Table):
    """The uses and moments that a rule is about: `{ starts = true }`, `{ modes = ["night"] }`,
    `{ between = ["22:00", "07:00"] }`; all that is given must be so. An unknown mode or time counts as one of them.
    """

    starts: bool = False
    modes: Modes | None = None
    between: Annotated[tuple[TimeOfDay, TimeOfDay], Field(strict=False)] | None = None
    days: Days | None = None

    @model_validator(mode="after")
    def _says_when(self) -> WhenTable:
        if not self.starts and self.modes is None and self.between is None:
            raise fault("is always: give starts = true, modes or between")
        if self.between is not None and self.between[0] == self.between[1]:
            raise fault("between begins and ends at one time: two different ones make an interval")
        if self.days is not None and self.between is None:
            raise fault('days says when between begins: give between too, like ["22:00", "07:00"]')
        return self


class RuleTable(_Table):
    id: RuleId
    why: Text
    things: Texts | None = None
    rooms: Texts | None = None
    labels: Texts | None = None


class AllowTable(RuleTable):
    """`[[allow]]`: what somebody may do and see."""

    who: Who
    may: Capabilities | None = None
    see: Readable | None = None
    privilege: PrivilegeLevel = Privilege.OPERATE
    unasked: RuleIds | None = None
    value: BoundsTable | None = None
    members: Annotated[dict[Text, BoundsTable], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _spares_what_it_covers(self) -> AllowTable:
        bounds = [word for word in ("value", "members") if getattr(self, word) is not None]
        if bounds and self.unasked is None:
            raise fault(
                f"{bounds[0]} of an allow says what goes unasked: give unasked, or bound it by a limit with {bounds[0]}"
            )
        if self.unasked is not None and self.may is None:
            raise fault("unasked spares the question before a use: give may (to use)")
        return self

    @model_validator(mode="after")
    def _grants_something(self) -> AllowTable:
        if self.may is None and self.see is None:
            raise fault("allows nothing: give may (to use), see (to read) or both")
        if self.see is not None and SENSITIVE in self.see and all(map(is_exact, self.see)):
            raise fault('"sensitive" in see widens wildcards, and there is none beside it: add one, like "*"')
        return self


class SelectingTable(RuleTable):
    """What a limit, an ask and a then have in common: which uses they are about."""

    on: Capabilities
    who: Who | None = None
    hazard_min: HazardLevel = Hazard.COMFORT
    privilege: PrivilegeLevel = Privilege.VIEW
    when: WhenTable | None = None


class ConditionTable(SelectingTable):
    """What a limit and an ask have in common: what a use keeps to, or does not."""

    value: BoundsTable | None = None
    members: Annotated[dict[Text, BoundsTable], Field(min_length=1)] | None = None
    needs: Annotated[tuple[NeedTable, ...], Field(strict=False, min_length=1)] | None = None
    not_between: Annotated[tuple[TimeOfDay, TimeOfDay], Field(strict=False)] | None = None
    days: Days | None = None
    at_most: RateText | None = None
    rest: Duration | None = None
    modes: Modes | None = None

    @property
    def conditions(self) -> list[str]:
        """The words in it that a use may keep to or not."""
        return [word for word in CONDITIONS if getattr(self, word) is not None]

    @model_validator(mode="after")
    def _has_quiet_hours(self) -> ConditionTable:
        if self.not_between is not None and self.not_between[0] == self.not_between[1]:
            raise fault("not_between begins and ends at one time: two different ones make an interval")
        if self.days is not None and self.not_between is None:
            raise fault('days says when quiet hours begin: give not_between too, like ["22:00", "07:00"]')
        return self


class LimitTable(ConditionTable):
    """`[[limit]]`: what every use that its selectors fit must keep to."""

    never: bool = False
    waivable_by: Who | None = None

    def asks_of_state(self, word: str) -> bool:
        """Whether `word` (needs, max_change, rest or starts) is in it."""
        match word:
            case "max_change":
                bounds = (self.value, *(self.members or {}).values())
                return any(one is not None and one.max_change is not None for one in bounds)
            case "starts":
                return self.when is not None and self.when.starts
            case _:
                return getattr(self, word) is not None

    @model_validator(mode="after")
    def _limits_something(self) -> LimitTable:
        if not self.conditions and not self.never:
            raise fault(f"limits nothing: give {', '.join(CONDITIONS)} or never = true")
        if self.conditions and self.never:
            raise fault(f"never = true leaves nothing to limit: take {' and '.join(self.conditions)} out")
        return self


class AskTable(ConditionTable):
    """`[[ask]]`: uses that need a person's approval, unless they keep to its conditions."""

    approver: Who
    valid: Duration
    approvals: Approvals = 1
    once: bool = False

    @model_validator(mode="after")
    def _has_enough_approvers(self) -> AskTable:
        named = {word.removeprefix(EXPLICIT_ID) for word in self.approver}
        if named.isdisjoint(Role) and len(named) < self.approvals:
            people = "one" if len(named) == 1 else str(len(named))
            raise fault(
                f"approvals can never be had: approver names {people}, and {self.approvals} must say yes"
            )
        return self


class ThenTable(SelectingTable):
    """`[[then]]`: what a permitted use still owes."""

    max_on: Duration | None = None
    restore: Duration | None = None
    confirm: bool = False
    notify: Who | None = None

    @model_validator(mode="after")
    def _owes_something(self) -> ThenTable:
        if self.max_on is None and self.restore is None and self.notify is None and not self.confirm:
            raise fault("owes nothing: give max_on, restore, confirm = true or notify")
        return self


class Document(_Table):
    """A whole rule file."""

    format: Annotated[int, PlainValidator(_format), WithJsonSchema({"const": FORMAT})]
    shadow: bool = False
    mandate: Annotated[str, PlainValidator(_agent), WithJsonSchema(_AGENT)] | None = None
    allow: Annotated[tuple[AllowTable, ...], Field(strict=False)] = ()
    limit: Annotated[tuple[LimitTable, ...], Field(strict=False)] = ()
    ask: Annotated[tuple[AskTable, ...], Field(strict=False)] = ()
    then: Annotated[tuple[ThenTable, ...], Field(strict=False)] = ()


class RuleSet(BaseModel):
    """A named document that has been checked: what `policies.parse` returns and `policies.compile_rules` takes."""

    model_config = ConfigDict(frozen=True)

    name: str
    document: Document
    lines: tuple[tuple[str, int], ...] = Field(default=(), repr=False)
    """In which line of its text each rule begins, by id; none if it was not read from one."""

    def line_of(self, rule_id: str) -> int:
        """The line (from 1) in which the rule begins; 0 where that is not known."""
        return next((line for name, line in self.lines if name == rule_id), 0)
