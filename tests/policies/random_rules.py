"""Random rule books, requests and facts in the whole language, from a seed: few words, so that they meet often.

Numbers are multiples of a quarter, so that sums and comparisons are exact everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeVar

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import (
    AccessRequest,
    Approval,
    GivenFacts,
    LocalTime,
    Observed,
    Principal,
    Role,
    RuleRef,
    RuleSet,
    Subject,
    Waiver,
)
from policies.documents import AskTable, Document, LimitTable
from policies.times import DAYS, MODES

CAPABILITIES: Final = ("light.on", "light.toggle", "fan.on", "fan.toggle")
PATTERNS: Final = (*CAPABILITIES, "light.*", "fan.*", "*.on", "*.toggle", "*")
THINGS: Final = ("t1", "t2")
ROOMS: Final = ("hall", "attic", "")
LABELS: Final = ("a", "b")
MEMBERS: Final = ("x", "y")
SOURCES: Final = ("t1", "t2", "tank")
READINGS: Final = ("level", "state")

PEOPLE: Final = (
    Principal("anna", Role.OWNER),
    Principal("ben", Role.ADULT),
    Principal("kid", Role.CHILD),
    Principal("gus", Role.GUEST),
)
PRINCIPALS: Final = (
    *PEOPLE,
    Principal("agent", Role.CHILD),  # an id that looks like a role
    Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER),
    Principal("bot", Role.AGENT, acts_for="ben", acts_for_role=Role.ADULT),
    Principal("toy", Role.AGENT, acts_for="kid", acts_for_role=Role.CHILD),
    Principal("lone", Role.AGENT),
    Principal("visitor", Role.GUEST_AGENT, acts_for="gus", acts_for_role=Role.GUEST),
    Principal("recorder", Role.SERVICE),
)
_WHO: Final = (
    "owner",
    "adult",
    "child",
    "guest",
    "agent",
    "guest-agent",
    "service",
    "coo",
    "anna",
    "id:agent",
)
_STATES: Final = ("on", "off", "OFF", "open")

T = TypeVar("T")
Table = dict[str, object]


class Maker:
    """Makes everything from one source of chance."""

    def __init__(self, seed: int | str) -> None:
        self.chance = Random(seed)

    # ------------------------------------------------------------ words

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def one(self, words: Sequence[T]) -> T:
        return self.chance.choice(words)

    def some(self, words: Sequence[T], most: int = 3) -> list[T]:
        return self.chance.sample(words, self.chance.randint(1, min(most, len(words))))

    def number(self, low: int = -2, high: int = 6) -> float | int:
        quarters = self.chance.randint(low * 4, high * 4)
        return quarters // 4 if quarters % 4 == 0 and self.often(0.7) else quarters / 4

    def scalar(self) -> bool | float | str:
        return self.one((self.number(), self.often(0.5), self.one(_STATES)))

    # ------------------------------------------------------------ rules

    def book(self, most_narrowing: int = 2) -> list[RuleSet]:
        """A root and up to `most_narrowing` sets that narrow it."""
        narrowing = [
            self.rule_set(f"n{number}", most_allows=1)
            for number in range(self.chance.randint(0, most_narrowing))
        ]
        return [self.rule_set("root"), *narrowing]

    def rule_set(self, name: str, most_allows: int = 4, *, shadow: bool = False) -> RuleSet:
        allows = [self.allow() for _ in range(self.chance.randint(0, most_allows))]
        if name == "root" or self.often(0.1):
            allows.append(self.broad())
        counts = {"limit": 5, "ask": 4, "then": 2} if name == "root" else {"limit": 2, "ask": 1, "then": 1}
        if name == "root":
            allows = [allow | (self.unasked() if self.often(0.2) else {}) for allow in allows]
        least = {"ask": 1} if name == "root" else {}
        data: Table = {"format": 1, "shadow": shadow, "allow": _named("allow", allows)}
        for kind, most in counts.items():
            make = {"limit": self.limit, "ask": self.ask, "then": self.then}[kind]
            data[kind] = _named(kind, [make() for _ in range(self.chance.randint(least.get(kind, 0), most))])
        return RuleSet(name=name, document=Document.model_validate(data))

    def where(self) -> Table:
        found: Table = {}
        for word, names in (("things", THINGS), ("rooms", ROOMS[:2]), ("labels", LABELS)):
            if self.often(0.15):
                found[word] = self.some(names)
        return found

    def broad(self) -> Table:
        who = ["owner", "adult", "child", "agent", "guest"]
        return {"who": who, "may": ["*", *self.some(CAPABILITIES)], "see": ["*"], "privilege": "administer"}

    def allow(self) -> Table:
        rule: Table = {"who": self.some(_WHO), "privilege": str(self.one(list(Privilege))), **self.where()}
        rule["may"] = self.some(PATTERNS)
        if self.often(0.5):
            rule["see"] = [*self.some(PATTERNS), *(["*", "sensitive"] if self.often(0.3) else [])]
        return rule

    def unasked(self) -> Table:
        """What an allow of a root lets go without a question."""
        found: Table = {"unasked": self.some([f"ask-{number}" for number in range(3)])}
        if self.often(0.4):
            found["value"] = self.bounds()
        if self.often(0.1):
            found["members"] = {name: self.bounds() for name in self.some(MEMBERS)}
        return found

    def selectors(self) -> Table:
        rule: Table = {"on": self.some(PATTERNS, 2), **self.where()}
        if self.often(0.4):
            rule["who"] = self.some(_WHO)
        if self.often(0.2):
            rule["hazard_min"] = self.chance.randint(0, 3)
        if self.often(0.15):
            rule["privilege"] = str(self.one(list(Privilege)))
        if self.often(0.3):
            rule["when"] = self.when()
        return rule

    def when(self) -> Table:
        makers: dict[str, Callable[[], object]] = {
            "starts": lambda: True,
            "modes": lambda: self.some(MODES),
            "between": self.some_hours,
        }
        found = {word: makers[word]() for word in self.some(sorted(makers), 2)}
        if "between" in found and self.often(0.5):
            found["days"] = self.some(DAYS, 6)
        return dict(found)

    def limit(self) -> Table:
        rule = self.selectors()
        rule |= {"never": True} if self.often(0.08) else self.conditions()
        if self.often(0.4):
            rule["waivable_by"] = self.some(_WHO)
        return rule

    def ask(self) -> Table:
        rule = self.selectors() | {"approver": self.some(_WHO), "valid": self.one(("30s", "2m"))}
        if self.often(0.25):
            rule |= {"approver": ["adult", *self.some(_WHO, 2)], "approvals": self.one((2, 2, 3))}
        if self.often(0.25):
            rule["once"] = self.often(0.9)
        return rule | (self.conditions() if self.often(0.6) else {})

    def then(self) -> Table:
        rule = self.selectors()
        owed: Table = {
            "max_on": self.one(("10m", "1h", "2h")),
            "restore": self.one(("5m", "1h")),
            "confirm": True,
            "notify": self.some(_WHO),
        }
        return rule | {word: owed[word] for word in self.some(sorted(owed))}

    def conditions(self) -> Table:
        makers: dict[str, Callable[[], object]] = {
            "value": self.bounds,
            "members": lambda: {name: self.bounds() for name in self.some(MEMBERS)},
            "needs": lambda: [self.need() for _ in range(self.chance.randint(1, 2))],
            "not_between": self.some_hours,
            "at_most": lambda: self.one(("1/m", "2/10m", "3/h")),
            "rest": lambda: self.one(("1m", "10m")),
            "modes": lambda: self.some(MODES),
        }
        words = self.chance.choices(list(makers), [5, 1, 3, 2, 2, 2, 2], k=self.one((1, 1, 1, 2, 3)))
        found = {word: makers[word]() for word in sorted(set(words))}
        if "not_between" in found and self.often(0.4):
            found["days"] = self.some(DAYS, 6)
        return dict(found)

    def some_hours(self) -> list[str]:
        return self.chance.sample(["00:00", "06:30", "07:00", "12:00", "22:00", "23:59"], 2)

    def bounds(self) -> Table:
        rule: Table = {}
        low, high = sorted((self.number(-2, 3), self.number(1, 6)))
        if self.often(0.5):
            rule["min"] = low
        if self.often(0.5):
            rule["max"] = high
        if not rule and self.often(0.7):
            rule["one_of"] = [self.scalar() for _ in range(self.chance.randint(1, 4))]
        if not rule or self.often(0.3):
            rule["max_change"] = self.one((0.5, 1, 2.25))
        return rule

    def need(self) -> Table:
        rule: Table = {"property": self.one(READINGS)}
        if self.often(0.7):
            rule["thing"] = self.one(SOURCES)
        low, high = sorted((self.number(-2, 3), self.number(1, 6)))
        kind = self.one(("min", "max", "both", "equals", "fresh"))
        if kind in {"min", "both"}:
            rule["min"] = low
        if kind in {"max", "both"}:
            rule["max"] = high
        if kind == "equals":
            rule["equals"] = self.scalar()
        if kind == "fresh" or self.often(0.3):
            rule["fresh"] = self.one(("30s", "2m"))
        rule["trusted"] = self.often(0.2)
        return rule

    # ------------------------------------------------------------ requests

    def subjects(self, count: int) -> list[Subject]:
        return [
            Subject(
                self.one(THINGS),
                self.one(ROOMS),
                frozenset(label for label in LABELS if self.often(0.4)),
                self.one(CAPABILITIES),
                self.one((Privilege.OPERATE, Privilege.OPERATE, *Privilege)),
                self.one((Hazard.COMFORT, Hazard.NUISANCE, *Hazard)),
                self.one(list(Privacy)),
            )
            for _ in range(count)
        ]

    def request(self, subjects: Sequence[Subject]) -> AccessRequest:
        becomes = self.scalar() if self.often(0.2) else None
        return AccessRequest(self.one(PRINCIPALS), self.one(subjects), self.value(), self.often(0.2), becomes)

    def value(self) -> Json:
        if self.often(0.15):
            odd: tuple[Json, ...] = (None, float("nan"), float("inf"), 10**400, -(10**400), [], [1], "1", {})
            return self.one(odd)
        if self.often(0.15):
            return {name: self.scalar() for name in MEMBERS if self.often(0.6)}
        return self.number() if self.often(0.75) else self.scalar()

    # ------------------------------------------------------------ facts

    def facts(self, book: Sequence[RuleSet], request: AccessRequest) -> GivenFacts:
        rules = [
            (RuleRef(one.name, rule.id), rule)
            for one in book
            for rule in (*one.document.limit, *one.document.ask)
        ]
        thing, capability = request.subject.thing, request.subject.capability
        asks = [ref for ref, rule in rules if isinstance(rule, AskTable)]
        lifted = [ref for ref, rule in rules if isinstance(rule, LimitTable)]
        present = {
            (thing, name): self.present(near)
            for name, near in ((capability.partition(".")[2], request.value), *_members_of(request.value))
            if self.often(0.9)
        }
        return GivenFacts(
            LocalTime(self.chance.randrange(1440), self.chance.randrange(7)) if self.often(0.9) else None,
            self.one(MODES) if self.often(0.9) else None,
            {(one, name): self.observed() for one in SOURCES for name in READINGS if self.often(0.9)},
            present,
            {(ref, thing): self.ages() for ref, _ in rules if self.often(0.6)},
            {thing: self.one((None, 0.0, 59.75, 60.0, 599.0, 600.0, 5000.0))},
            {(ref, thing): self.waiver() for ref in lifted if self.often(0.3)},
            tuple(self.approval(asks) for _ in range(self.one((0, 0, 1, 1, 2, 2, 3)))),
        )

    def present(self, near: Json) -> list[Json]:
        around = near if isinstance(near, int | float) and -10 < near < 10 else 2
        count = self.one((0, 1, 1, 1, 2, 2))
        return [
            around + self.one((-2.5, -1, -0.5, 0, 0.5, 1, 2.25))
            if self.often(0.93)
            else self.one(("on", None, True))
            for _ in range(count)
        ]

    def observed(self) -> Observed:
        return Observed(
            self.scalar() if self.often(0.4) else self.number(),
            self.one((0.0, 29.75, 30.0, 30.25, 120.0, 121.0)),
            self.often(0.9),
            self.often(0.8),
            self.one((0.0, 0.0, 0.0, 0.25, 1.0)),
        )

    def ages(self) -> list[float]:
        """Ages of uses, the latest first."""
        known = (0.0, 10.0, 59.75, 60.0, 300.0, 599.0, 600.0, 3599.0, 3600.0)
        return sorted(self.chance.choices(known, k=self.chance.randint(1, 4)))

    def waiver(self) -> Waiver:
        return Waiver(self.one(PRINCIPALS), self.one((-1.0, 0.0, 0.25, 60.0)))

    def approval(self, asks: Sequence[RuleRef]) -> Approval:
        about = frozenset(ref for ref in asks if self.often(0.8)) | {RuleRef("root", "gone")}
        return Approval(
            self.one((*PEOPLE, *PEOPLE, *PRINCIPALS)),
            about,
            self.one((0.0, 29.0, 30.0, 31.0, 120.0, 121.0)),
            self.often(0.3),
        )


def _named(kind: str, rules: list[Table]) -> list[Table]:
    return [{"id": f"{kind}-{number}", "why": "w", **rule} for number, rule in enumerate(rules)]


def _members_of(value: Json) -> list[tuple[str, Json]]:
    return [(name, value.get(name) if isinstance(value, dict) else None) for name in MEMBERS]
