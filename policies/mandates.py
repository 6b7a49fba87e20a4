"""Mandates: what one holder may do and see at the most, besides the rules of the house.

A mandate narrows, as a set does that is not the root, but it binds a holder (a token and all that is made from it, a principal
under a context contract) and not whom its rules name. It is data, stored with the token; what it means is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from capabilities.vocabulary import Json, Privilege
from policies.decision import Finding, Mandate, Principal, Role, RuleRef, Subject, Verdict
from policies.documents import LimitTable
from policies.fields import SENSITIVE as SENSITIVE_WORD
from policies.fields import Capabilities, PrivilegeLevel, Readable, Texts, fault
from policies.rules import Allow, Limit
from policies.selectors import Where, Who
from policies.tables import compile_limit
from policies.times import Rate

MOST_TABLES: Final = 32
"""Of uses, of readings, of limits: what a person can still look through."""

MOST_COMPILED: Final = 1024
"""Mandates whose meaning is remembered: as many as a house has tokens."""

LONGEST_TERMS_CHARS: Final = 16_384

ASKS_OF_STATE: Final = ("needs", "max_change", "rest", "starts")
"""Words of a limit whose answer tells what state a Thing is in."""

EVERYBODY: Final = Who(frozenset(Role), frozenset())
WHY: Final = "What was handed on is no wider than this"


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    things: Texts | None = None
    rooms: Texts | None = None
    labels: Texts | None = None

    @property
    def where(self) -> Where:
        return Where(
            *(None if one is None else frozenset(one) for one in (self.things, self.rooms, self.labels))
        )


class UseTerms(_Place):
    """Uses that are left: of the capabilities `may` (null: of all), up to `privilege`."""

    may: Capabilities | None = None
    privilege: PrivilegeLevel = Privilege.ADMINISTER


class ReadTerms(_Place):
    """Readings that are left: of the capabilities `see` (null: of all); as in rules, what is sensitive must be named."""

    see: Readable | None = None


class Terms(BaseModel):
    """What is left of what the rules allow. `use` and `read` null: all of it; an empty list: nothing. `limits` are limits as
    in a rule file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    use: Annotated[tuple[UseTerms, ...], Field(strict=False, max_length=MOST_TABLES)] | None = None
    read: Annotated[tuple[ReadTerms, ...], Field(strict=False, max_length=MOST_TABLES)] | None = None
    limits: Annotated[tuple[LimitTable, ...], Field(strict=False, max_length=MOST_TABLES)] = ()

    @model_validator(mode="after")
    def _limits_are_its_own(self) -> Terms:
        ids = [one.id for one in self.limits]
        if len(ids) != len(set(ids)):
            raise fault("has two limits with one id: give each its own")
        if any(one.waivable_by is not None for one in self.limits):
            raise fault("has a limit with waivable_by: what was handed on is widened by nobody")
        for word in ASKS_OF_STATE:  # whoever hands on could ask by it what it may not see
            if any(one.asks_of_state(word) for one in self.limits):
                raise fault(f"has a limit with {word}: what rests on a state is for the house's own rules")
        return self

    @property
    def says_nothing(self) -> bool:
        return self.use is None and self.read is None and not self.limits


class Compiled(NamedTuple):
    """`uses` and `reads` are None where the mandate says nothing of them."""

    uses: tuple[Allow, ...] | None
    reads: tuple[Allow, ...] | None
    limits: tuple[Limit, ...]
    rates: tuple[tuple[RuleRef, Rate], ...]
    bounds_values: bool = False
    """Whether what it leaves of an input depends on its value."""

    def limits_on(self, chain: Sequence[Principal], subject: Subject, patterns: Sequence[str]) -> list[Limit]:
        return [
            one
            for one in self.limits
            if not one.uses.on.isdisjoint(patterns) and one.uses.fits(chain, subject)
        ]


def mandate_of(name: str, terms: Terms) -> Mandate:
    """Raises `ValueError` where the terms are longer than is kept."""
    text = orjson.dumps(
        terms.model_dump(mode="json", exclude_defaults=True), option=orjson.OPT_SORT_KEYS
    ).decode()
    if len(text) > LONGEST_TERMS_CHARS:
        raise ValueError(
            f"the terms may have {LONGEST_TERMS_CHARS} characters as JSON, they have {len(text)}"
        )
    return Mandate(name, text)


def terms_of(mandate: Mandate) -> Terms:
    """Raises `pydantic.ValidationError` where somebody else wrote them."""
    return Terms.model_validate_json(mandate.terms)


@lru_cache(maxsize=MOST_COMPILED)
def compiled(mandate: Mandate) -> Compiled:
    """What it means. Terms that cannot be read leave nothing."""
    try:
        terms = terms_of(mandate)
    except ValidationError:
        return Compiled((), (), (), ())
    return Compiled(
        uses=None if terms.use is None else tuple(_use(one, mandate.name) for one in terms.use),
        reads=None if terms.read is None else tuple(_read(one, mandate.name) for one in terms.read),
        limits=tuple(compile_limit(one, mandate.name) for one in terms.limits),
        rates=tuple(
            (RuleRef(mandate.name, one.id), one.at_most) for one in terms.limits if one.at_most is not None
        ),
        bounds_values=any(one.value is not None or one.members is not None for one in terms.limits),
    )


def bounds_values(principal: Principal) -> bool:
    """Whether anything that was handed on to it, or to whom it acts for, bounds values."""
    return any(compiled(one).bounds_values for one in (*principal.mandates, *principal.acts_for_mandates))


def told(mandate: Mandate) -> Json:
    """The terms as JSON, as they were given."""
    document: Json = orjson.loads(mandate.terms)
    return document


def _use(terms: UseTerms, name: str) -> Allow:
    return Allow(
        ref=RuleRef(name, "use"),
        who=EVERYBODY,
        where=terms.where,
        may=frozenset(terms.may or ()),
        see=frozenset(),
        sees_sensitive=False,
        privilege_rank=terms.privilege.rank,
        finding=Finding("use", name, Verdict.PERMIT, WHY),
        all_of_it=terms.may is None,
    )


def _read(terms: ReadTerms, name: str) -> Allow:
    see = frozenset(terms.see or ())
    return Allow(
        ref=RuleRef(name, "read"),
        who=EVERYBODY,
        where=terms.where,
        may=frozenset(),
        see=see - {SENSITIVE_WORD},
        sees_sensitive=SENSITIVE_WORD in see,
        privilege_rank=Privilege.ADMINISTER.rank,
        finding=Finding("read", name, Verdict.PERMIT, WHY),
        all_of_it=terms.see is None,
    )
