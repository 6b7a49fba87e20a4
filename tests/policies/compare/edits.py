"""Random edits of random books, and whether a policy is better for somebody than another."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from policies import AccessRequest, Decision, Facts, Policy, RuleSet, Verdict
from policies.documents import AllowTable, AskTable, LimitTable, ThenTable, WhenTable
from policies.times import DAYS, MODES
from tests.policies.random_rules import Maker

Rule = AllowTable | LimitTable | AskTable | ThenTable
TABLES: dict[str, type[Rule]] = {"allow": AllowTable, "limit": LimitTable, "ask": AskTable, "then": ThenTable}


def with_rules(one: RuleSet, **tables: Sequence[Rule]) -> RuleSet:
    """The set with other tables. `shadow` stays what it is."""
    update = {name: tuple(rules) for name, rules in tables.items()}
    return RuleSet(name=one.name, document=one.document.model_copy(update=update))


def one_edit(maker: Maker, book: list[RuleSet]) -> list[RuleSet]:
    """One rule of one set added, dropped, renamed, or changed in a word or two; or one set dropped or shadowed."""
    place = maker.chance.randrange(len(book))
    one, others = book[place], len(book) > 1 and place > 0
    if others and maker.often(0.2):
        if maker.often(0.5):
            return [*book[:place], *book[place + 1 :]]
        turned = one.document.model_copy(update={"shadow": not one.document.shadow})
        return [*book[:place], RuleSet(name=one.name, document=turned), *book[place + 1 :]]
    table = maker.one(("allow", "limit", "limit", "limit", "ask", "ask", "then"))
    rules: list[Rule] = [*getattr(one.document, table)]
    how = maker.one(("add", "drop", "rename", "change", "change", "change", "change", "change"))
    if not rules or how == "add":
        rules.append(new_rule(maker, table, f"{table}-new", of_root=place == 0))
    else:
        index = maker.chance.randrange(len(rules))
        if how == "drop":
            del rules[index]
        elif how == "rename":
            rules[index] = rules[index].model_copy(update={"id": f"{table}-renamed"})
        else:
            rules[index] = changed(maker, table, rules[index], of_root=place == 0)
    return [*book[:place], with_rules(one, **{table: rules}), *book[place + 1 :]]


def new_rule(maker: Maker, table: str, rule_id: str, *, of_root: bool = False) -> Rule:
    data = {"id": rule_id, "why": "w", **getattr(maker, table)()}
    if table == "allow" and of_root and maker.often(0.6):
        data |= maker.unasked()
    if table != "allow" and maker.often(0.3):
        data["when"] = a_when(maker)
    return TABLES[table].model_validate(data)


def a_when(maker: Maker) -> dict[str, object]:
    """The uses and moments of a rule."""
    hours = ["22:00", "07:00"], ["06:30", "12:00"], ["00:00", "23:59"], ["12:00", "06:30"]
    found: dict[str, object] = {"starts": True, "modes": maker.some(MODES), "between": maker.one(hours)}
    found = {word: found[word] for word in maker.some(sorted(found), 2)}
    if "between" in found and maker.often(0.4):
        found["days"] = maker.some(DAYS, 6)
    return found


def with_whens(maker: Maker, book: list[RuleSet]) -> list[RuleSet]:
    """The book with some rules that hold only at some moments."""

    def changed(rules: Sequence[Rule]) -> list[Rule]:
        found = []
        for rule in rules:
            when = WhenTable.model_validate(a_when(maker)) if maker.often(0.25) else None
            found.append(rule if when is None else rule.model_copy(update={"when": when}))
        return found

    return [
        with_rules(one, **{name: changed(getattr(one.document, name)) for name in ("limit", "ask", "then")})
        for one in book
    ]


def changed(maker: Maker, table: str, rule: Rule, *, of_root: bool) -> Rule:
    """The rule with one or two of its words from another one, or without them."""
    for _ in range(20):
        other = new_rule(maker, table, rule.id, of_root=of_root)
        words = maker.some([word for word in type(rule).model_fields if word not in {"id", "why"}], 2)
        found = {word: getattr(rule, word) for word in type(rule).model_fields}
        found |= {word: getattr(other, word) for word in words}
        try:
            made = type(rule).model_validate(_plain(type(rule).model_construct(**found)))
        except ValidationError:
            continue
        if made != rule:
            return made
    return new_rule(maker, table, rule.id, of_root=of_root)


def _plain(rule: Rule) -> object:
    """As it is written in a file."""
    return rule.model_dump(mode="json", exclude_none=True)


def as_data(one: RuleSet) -> object:
    """The set as `tomllib` reads it from a file."""
    return one.document.model_dump(mode="json", exclude_none=True)


def shuffled(maker: Maker, book: list[RuleSet]) -> list[RuleSet]:
    """The same book in another order: of its narrowing sets, rules, and words in lists."""

    def mixed(rules: Sequence[Rule]) -> list[Rule]:
        found = []
        for rule in maker.chance.sample(list(rules), len(rules)):
            lists = {
                word: getattr(rule, word)
                for word in ("on", "who", "may", "things", "labels")
                if hasattr(rule, word)
            }
            turned = {word: value and tuple(reversed(value)) for word, value in lists.items()}
            found.append(rule.model_copy(update=turned))
        return found

    def turned(one: RuleSet) -> RuleSet:
        document = one.document
        return with_rules(one, **{name: mixed(getattr(document, name)) for name in TABLES})

    root, *others = map(turned, book)
    return [root, *maker.chance.sample(others, len(others))]


def is_better(old: Policy, new: Policy, request: AccessRequest, facts: Facts) -> str:
    """In what the new policy is better for this request; "" where in nothing."""
    before, after = old.decide(request, facts), new.decide(request, facts)
    if after.verdict > before.verdict:
        return f"{before.verdict.name} to {after.verdict.name}"
    if new.may_see(request.principal, request.subject) and not old.may_see(
        request.principal, request.subject
    ):
        return "sees"
    if after.verdict is before.verdict is not Verdict.DENY and not owes_as_much(before, after):
        return "owes less"
    return ""


def owes_as_much(before: Decision, after: Decision) -> bool:
    now = {one.kind: one.value for one in after.obligations}
    for one in before.obligations:
        value = now.get(one.kind)
        if value is None:
            return False
        if isinstance(one.value, int) and isinstance(value, int) and value > one.value:
            return False
        if isinstance(one.value, list) and isinstance(value, list):
            told = {*value, *(["owner"] if "adult" in value else [])}
            if not told.issuperset(map(str, one.value)):
                return False
    return True
