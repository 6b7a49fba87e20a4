"""One edition of the house's rules: the texts of all sets, and what they compile to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.rulebook.files import HOUSEHOLD, SHIPPED_ALWAYS
from policies import Policy, PolicyError, Problem, RuleSet, compile_rules, defaults, parse


@dataclass(frozen=True, slots=True)
class SetText:
    """A set as it was written. `own` is false for one that ships with Hearth."""

    name: str
    text: str
    own: bool
    shadow: bool

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Edition:
    """`sets` has the root first, then the others by name."""

    policy: Policy
    sets: tuple[SetText, ...]

    @property
    def own(self) -> dict[str, str]:
        """The texts of the house's own sets, by name."""
        return {one.name: one.text for one in self.sets if one.own}

    def set_named(self, name: str) -> SetText | None:
        return next((one for one in self.sets if one.name == name), None)


def compose(own: Mapping[str, str], faults: Iterable[Problem] = ()) -> Edition:
    """The rules of a house with these sets of its own, by name: the root is the household's, or the shipped one.

    Raises `PolicyError` with every problem of every set, and with `faults` if there are any: half of the rules are no rules.
    """
    problems = list(faults)
    sets: list[SetText] = []
    parsed: list[RuleSet] = []
    for name, text, is_own in texts_of(own):
        try:
            document = parse(text, name=name)
        except PolicyError as error:
            problems += error.problems
        else:
            parsed.append(document)
            sets.append(SetText(name, text, is_own, document.document.shadow))
    if problems:
        raise PolicyError(problems)
    root, *narrowing = parsed
    return Edition(compile_rules(root, narrowing), tuple(sets))


def texts_of(own: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Name, text and whether it is the house's own: the root first, then the others by name."""
    shipped = {name: defaults.load(name) for name in (*SHIPPED_ALWAYS, HOUSEHOLD)}
    all_texts = shipped | dict(own)
    narrowing = sorted(all_texts.keys() - {HOUSEHOLD})
    return [(name, all_texts[name], name in own) for name in (HOUSEHOLD, *narrowing)]


def rule_sets(own: Mapping[str, str]) -> list[RuleSet]:
    """The documents of all sets, the root first. Raises `PolicyError`."""
    return [parse(text, name=name) for name, text, _ in texts_of(own)]
