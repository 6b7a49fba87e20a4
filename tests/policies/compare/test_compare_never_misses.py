"""Whenever anybody gets a better answer after an edit, `widened` names the edit. Random books, edits, requests and facts."""

from __future__ import annotations

import pytest

from policies import RuleSet, compile_rules
from policies.compare import Book, diff, widened
from policies.compile import version_of
from tests.at_length import at_length
from tests.policies.compare.edits import is_better, new_rule, one_edit, shuffled, with_rules, with_whens
from tests.policies.random_rules import Maker

CHUNKS = at_length(range(4), here=[0])
EDITS_A_CHUNK = 90
"""More were run by hand: 20,000 edits and 2,000 pairs of unrelated books."""
UNRELATED_A_CHUNK = 10
REQUESTS = 30


def book_of(sets: list[RuleSet]) -> Book:
    return Book(sets[0], sets[1:])


def a_house(maker: Maker) -> list[RuleSet]:
    """A random book, of which one set may be a shadow."""
    root, *others = with_whens(maker, maker.book())
    if others and maker.often(0.2):
        shadow = others[0].document.model_copy(update={"shadow": True})
        others[0] = RuleSet(name=others[0].name, document=shadow)
    return [root, *others]


def better_for_somebody(maker: Maker, old: list[RuleSet], new: list[RuleSet]) -> str:
    before, after = compile_rules(old[0], old[1:]), compile_rules(new[0], new[1:])
    subjects = maker.subjects(10)
    for _ in range(REQUESTS):
        request = maker.request(subjects)
        found = is_better(before, after, request, facts := maker.facts([*old, *new], request))
        if found:
            return f"{found}: {request} {facts}"
    return ""


@pytest.mark.parametrize("chunk", CHUNKS)
def test_no_edit_that_widens_is_missed(chunk: int) -> None:
    real = 0
    for number in range(EDITS_A_CHUNK):
        maker = Maker(f"edit-{chunk}-{number}")
        old = a_house(maker)
        new = one_edit(maker, old)
        better = better_for_somebody(maker, old, new)
        real += bool(better)
        assert not better or widened(book_of(old), book_of(new)), better
    assert real >= 8


@pytest.mark.parametrize("chunk", CHUNKS)
def test_between_unrelated_books_nothing_is_missed(chunk: int) -> None:
    for number in range(UNRELATED_A_CHUNK):
        maker = Maker(f"pair-{chunk}-{number}")
        old, new = a_house(maker), a_house(maker)
        better = better_for_somebody(maker, old, new)
        assert not better or widened(book_of(old), book_of(new)), better


@pytest.mark.parametrize("chunk", CHUNKS)
def test_what_only_adds_limits_asks_duties_or_sets_widens_nothing(chunk: int) -> None:
    for number in range(25):
        maker = Maker(f"add-{chunk}-{number}")
        house = a_house(maker)
        place = maker.chance.randrange(len(house))
        table = maker.one(("limit", "ask", "then"))
        one = house[place]
        rules = [*getattr(one.document, table), new_rule(maker, table, f"{table}-new")]
        added = [*house[:place], with_rules(one, **{table: rules}), *house[place + 1 :]]
        for narrowed in (added, [*house, maker.rule_set("extra", most_allows=2)]):
            assert widened(book_of(house), book_of(narrowed)) == []
            assert not better_for_somebody(maker, house, narrowed)


def test_order_never_matters() -> None:
    for number in range(30):
        maker = Maker(f"order-{number}")
        old = a_house(maker)
        new = one_edit(maker, old)
        mixed_old, mixed_new = shuffled(maker, old), shuffled(maker, new)
        assert version_of(old[0], old[1:]) == version_of(mixed_old[0], mixed_old[1:])
        assert not diff(book_of(old), book_of(mixed_old))
        assert diff(book_of(old), book_of(new)) == diff(book_of(mixed_old), book_of(mixed_new))


@pytest.mark.parametrize("chunk", at_length(range(3), here=[0]))
def test_more_one_way_is_less_the_other_way(chunk: int) -> None:
    for number in range(chunk * 10, chunk * 10 + 10):
        maker = Maker(f"both-{number}")
        old = a_house(maker)
        new = one_edit(maker, old)
        there, back = diff(book_of(old), book_of(new)), diff(book_of(new), book_of(old))
        assert {one.reversed for one in there.more} == set(back.less)
        assert {one.reversed for one in there.less} == set(back.more)
        assert all(one.more and one.text for one in there.more)
        assert not any(one.more for one in there.less)


def test_few_edits_are_named_without_need() -> None:
    """Of edits that only leave something out or make it tighter none is named; this pins what share of all is."""
    named = sum(
        bool(widened(book_of(old), book_of(one_edit(maker, old))))
        for maker, old in ((maker, a_house(maker)) for maker in (Maker(f"share-{n}") for n in range(200)))
    )
    assert named <= 110
