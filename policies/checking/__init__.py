"""Rules that are valid, looked at by somebody who knows how rules go wrong: `check` says what can never work, what hardly does
what was meant, and what is worth knowing.
"""

from __future__ import annotations

from policies.checking.around import ways_around
from policies.checking.contradictions import contradictions
from policies.checking.idle import rules_without_uses
from policies.checking.names import unknown_names
from policies.checking.reach import (
    allows_that_are_barred,
    names_without_use,
    wildcards_that_stop_short,
)
from policies.checking.remarks import House, Remark, Remarks, Severity
from policies.checking.sense import (
    answers,
    doubled_ids,
    duties_with_a_meaning,
    modes_that_exclude_nothing,
    questions_that_are_not_spared,
)
from policies.checking.whens import limits_against_ending, whens_without_effect
from policies.compare.books import Book, Content
from policies.decision import RuleRef

__all__ = ["Book", "House", "Remark", "Severity", "check"]


def check(book: Book, house: House | None = None) -> list[Remark]:
    """What is to be said of `book`, the gravest first. Shadow sets are looked at as if they were in force.

    `house` tells what there is; without it, no name is doubted.
    """
    sets = [book.root, *book.narrowing]
    content, remarks = Content(sets), Remarks(book)
    contradictions(content, remarks)
    allows_that_are_barred(content, remarks)
    wildcards_that_stop_short(content, remarks)
    names_without_use(content, remarks)
    rules_without_uses(content, remarks)
    ways_around(content, remarks)
    answers(content, remarks, house)
    questions_that_are_not_spared(content, remarks)
    duties_with_a_meaning(content, remarks)
    modes_that_exclude_nothing(content, remarks)
    limits_against_ending(content, remarks)
    whens_without_effect(content, sets, remarks)
    tables = (one.document for one in sets)
    rules = [(*one.allow, *one.limit, *one.ask, *one.then) for one in tables]
    doubled_ids(
        [RuleRef(one.name, rule.id) for one, found in zip(sets, rules, strict=True) for rule in found],
        remarks,
    )
    if house is not None:
        unknown_names(sets, house, remarks)
    return remarks.in_order()
