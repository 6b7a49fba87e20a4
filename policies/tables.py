"""From the checked tables of a document to compiled rules."""

from __future__ import annotations

from collections.abc import Iterator

from capabilities.vocabulary import Json
from policies.asking import approval_in_words
from policies.bounds import NOTHING, bounds_of
from policies.clauses import AtMost, Clause, Modes, Need, QuietHours, Rest
from policies.decision import Finding, Obligation, Remedy, RuleRef, Verdict
from policies.documents import (
    AllowTable,
    AskTable,
    ConditionTable,
    LimitTable,
    RuleTable,
    ThenTable,
    WhenTable,
)
from policies.fields import SENSITIVE
from policies.input_clauses import MaxChange, Within
from policies.rules import Allow, Ask, Limit, Then
from policies.selectors import uses_of, where_of, who_of
from policies.times import DAYS, minutes_of
from policies.when import Every, OnlyWhen, When


def compile_allow(table: AllowTable, set_name: str) -> Allow:
    see = frozenset(table.see or ())
    return Allow(
        ref=RuleRef(set_name, table.id),
        who=who_of(table.who),
        where=where_of(table),
        may=frozenset(table.may or ()),
        see=see - {SENSITIVE},
        sees_sensitive=SENSITIVE in see,
        privilege_rank=table.privilege.rank,
        finding=_finding(table, set_name),
        unasked=frozenset(table.unasked or ()),
        within=(*_withins(table), *_changes(table)),
    )


def compile_limit(table: LimitTable, set_name: str) -> Limit:
    ref = RuleRef(set_name, table.id)
    when = _when(table.when)
    value = NOTHING if table.never else None if table.value is None else bounds_of(table.value)
    members = ((name, bounds_of(one)) for name, one in sorted((table.members or {}).items()))
    clauses: tuple[Clause, ...] = (*_changes(table), *_clauses(table, ref))
    if when is not None:  # bounds that do not always hold are not joined with those that do
        never = (Within(_name(table), "", NOTHING),) if table.never else ()
        clauses = tuple(OnlyWhen(when, clause) for clause in (*never, *_withins(table), *clauses))
    return Limit(
        ref=ref,
        why=table.why,
        uses=uses_of(table),
        value=value if when is None else None,
        members=tuple((name, bounds) for name, bounds in members if bounds is not None and when is None),
        clauses=clauses,
        waivable_by=None if table.waivable_by is None else who_of(table.waivable_by),
        finding=_finding(table, set_name),
    )


def compile_ask(table: AskTable, set_name: str) -> Ask:
    ref, when = RuleRef(set_name, table.id), _when(table.when)
    clauses: tuple[Clause, ...] = (*_withins(table), *_changes(table), *_clauses(table, ref))
    if when is not None:
        clauses = tuple(OnlyWhen(when, clause) for clause in clauses or (Every(),))
    approvers = tuple(sorted(set(table.approver)))
    data: dict[str, Json] = {"approver": [*approvers], "valid": table.valid.seconds}
    if table.approvals > 1:
        data["approvals"] = table.approvals
    if table.once:
        data["once"] = True
    approval = Remedy(approval_in_words(approvers, table.approvals, once=table.once), data)
    return Ask(
        ref=ref,
        why=table.why,
        uses=uses_of(table),
        clauses=clauses,
        approver=who_of(table.approver),
        approver_words=approvers,
        valid=table.valid,
        finding=_finding(table, set_name),
        question=Finding(table.id, set_name, Verdict.NEEDS_APPROVAL, table.why, remedy=approval),
        approvals=table.approvals,
        once=table.once,
    )


def compile_then(table: ThenTable, set_name: str) -> Then:
    ref = RuleRef(set_name, table.id)
    owed: dict[str, Json] = {}
    if table.max_on is not None:
        owed["max_on"] = table.max_on.seconds
    if table.restore is not None:
        owed["restore"] = table.restore.seconds
    if table.confirm:
        owed["confirm"] = True
    if table.notify is not None:
        owed["notify"] = [*sorted(table.notify)]
    return Then(
        ref=ref,
        uses=uses_of(table),
        obligations=tuple(Obligation(kind, ref, value) for kind, value in owed.items()),
        when=_when(table.when),
        finding=_finding(table, set_name),
    )


def _finding(table: RuleTable, set_name: str) -> Finding:
    return Finding(table.id, set_name, Verdict.PERMIT, table.why)


def _withins(table: ConditionTable | AllowTable) -> Iterator[Clause]:
    """The bounds of an ask, and of what goes unasked: they do not narrow what is accepted, beyond them it is asked."""
    if table.value is not None and (bounds := bounds_of(table.value)) is not None:
        yield Within(_name(table), "", bounds)
    for name, one in sorted((table.members or {}).items()):
        if (bounds := bounds_of(one)) is not None:
            yield Within(name, name, bounds)


def _changes(table: ConditionTable | AllowTable) -> Iterator[Clause]:
    if table.value is not None and table.value.max_change is not None:
        yield MaxChange(_name(table), "", table.value.max_change)
    for name, one in sorted((table.members or {}).items()):
        if one.max_change is not None:
            yield MaxChange(name, name, one.max_change)


def _clauses(table: ConditionTable, ref: RuleRef) -> Iterator[Clause]:
    if table.modes is not None:
        yield Modes(tuple(sorted(set(table.modes))))
    for need in sorted(
        table.needs or (), key=lambda one: (one.thing or "", one.property, one.model_dump_json())
    ):
        yield Need(need.thing, need.property, bounds_of(need), need.fresh, need.trusted)
    if table.not_between is not None:
        yield _hours(table.not_between, table.days)
    if table.rest is not None:
        yield Rest(table.rest)
    if table.at_most is not None:
        yield AtMost(ref, table.at_most)


def _when(table: WhenTable | None) -> When | None:
    if table is None:
        return None
    modes = None if table.modes is None else frozenset(table.modes)
    hours = None if table.between is None else _hours(table.between, table.days)
    return When(table.starts, modes, hours)


def _hours(between: tuple[str, str], days: tuple[str, ...] | None) -> QuietHours:
    start, end = between
    begins = None if days is None else frozenset(DAYS.index(day) for day in days)
    return QuietHours(minutes_of(start), minutes_of(end), begins)


def _name(table: ConditionTable | AllowTable) -> str:
    """What the input is called in sentences: the one capability's own word, else `value`."""
    patterns = (table.may or ()) if isinstance(table, AllowTable) else table.on
    names = {pattern.partition(".")[2] for pattern in patterns}
    name = names.pop() if len(names) == 1 else ""
    return "value" if name in {"", "*"} else name
