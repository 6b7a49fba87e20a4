"""From what was written to single steps: selections become Things, defaults are filled in, every mistake is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from capabilities.errors import SchemaError
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.names import Names
from gateway.plans.document import Opposite, PlanDocument, Retry, Selection, StepDocument, named
from gateway.plans.mistakes import Mistake, Mistakes
from gateway.plans.moments import moment_of
from gateway.plans.plan import Call, Mode, OnFailure, Step
from gateway.registry import Registry
from policies import Policy
from policies.decision import Principal
from policies.times import seconds_of

MOST_EXPANDED: Final = 200
"""Steps of one plan when its selections have found their Things: a large house has 100 lamps."""

MOST_WAITS: Final = 10_000
"""How many others all steps together wait for: a hundred of them for the hundred before."""

NOT_FOR_YOU: Final = "or none that you may see"


@dataclass(slots=True)
class Author:
    """Whose plan it is: what that one may know decides what can be named. For one plan, at one moment."""

    principal: Principal
    registry: Registry
    policy: Policy
    _known: list[str] | None = field(default=None, init=False)

    def may_use(self, adopted: Adopted, operation: Operation) -> bool:
        return self.policy.may_use(self.principal, adopted.subject(operation))

    def may_know(self, adopted: Adopted, operation: Operation) -> bool:
        """Whether that there is such an affordance is no secret."""
        return self.may_use(adopted, operation) or (
            not operation.is_action and self._sees(adopted, operation.name)
        )

    def operation(self, call: Call) -> tuple[Adopted, Operation] | None:
        adopted = self.registry.get(call.thing)
        found = adopted.thing.operation(call.affordance, is_action=call.is_action) if adopted else None
        if adopted is None or found is None or not self.may_know(adopted, found):
            return None
        return adopted, found

    def known_things(self) -> list[str]:
        if self._known is None:
            self._known = [adopted.id for adopted in self.registry if self._shows(adopted)]
        return self._known

    def known_names(self, thing: str, *, is_action: bool) -> list[str]:
        adopted = self.registry.get(thing)
        if adopted is None:
            return []
        group = adopted.thing.actions if is_action else adopted.thing.writes
        return [one.name for one in group.values() if self.may_use(adopted, one)]

    def reads(self, thing: str, name: str) -> bool:
        """Whether it is a property that this one sees and nobody writes."""
        adopted = self.registry.get(thing)
        return adopted is not None and name not in adopted.thing.writes and self._sees(adopted, name)

    def _sees(self, adopted: Adopted, name: str) -> bool:
        subject = adopted.readable().get(name)
        return subject is not None and self.policy.may_see(self.principal, subject)

    def _shows(self, adopted: Adopted) -> bool:
        return any(self._sees(adopted, name) for name in adopted.readable()) or any(
            self.may_use(adopted, one) for one in adopted.operations()
        )


def expanded(document: PlanDocument, author: Author, mistakes: Mistakes | None = None) -> list[Step]:
    """The steps, in the order in which they are written. Raises `BadPlan` with what is wrong, `mistakes` of before included."""
    written, mistakes = named(document), mistakes or Mistakes()
    became: dict[str, list[str]] = {}
    made: list[Step] = []
    before: list[str] = []
    for name, said in written:
        step = _named_plainly(said, author.registry.names)
        after = before if step.after is None else step.after
        became[name] = []
        for ident, call in _calls(name, step, author, mistakes):
            became[name].append(ident)
            made.append(_step(document, ident, step, call, tuple(after)))
        if len(made) > MOST_EXPANDED:
            _too_many(mistakes, f"they become {len(made)} or more; a plan has {MOST_EXPANDED} at the most")
        before = [name]
    recurs = _recurs(document)
    for one in made:
        mistakes.extend(_of_step(one, author, mistakes, recurs=recurs))
    mistakes.extend(_unknown(written, became, mistakes))
    mistakes.settle()
    return _waiting(made, became, mistakes)


def _waiting(made: list[Step], became: Mapping[str, list[str]], mistakes: Mistakes) -> list[Step]:
    """The steps with those that they wait for, as steps. What came of one selection shares them."""
    all_of: dict[tuple[str, ...], tuple[str, ...]] = {}
    for step in made:
        if step.after not in all_of:
            all_of[step.after] = tuple(dict.fromkeys(one for name in step.after for one in became[name]))
    waits = sum(len(all_of[step.after]) for step in made)
    if waits > MOST_WAITS:
        _too_many(
            mistakes, f"they wait for {waits} others in all; {MOST_WAITS} at the most: leave out what follows"
        )
    return [replace(step, after=all_of[step.after]) for step in made]


def _too_many(mistakes: Mistakes, detail: str) -> None:
    """Ends the search."""
    mistakes.add(Mistake("", "steps", detail))
    mistakes.settle()


def ordered(steps: Sequence[Step]) -> list[Step]:
    """The same, each behind those that it waits for."""
    placed: dict[str, Step] = {}
    left = list(steps)
    while left:
        ready = [step for step in left if all(one in placed for one in step.after)]
        placed |= {step.id: step for step in ready}
        left = [step for step in left if step.id not in placed]
    return list(placed.values())


def _named_plainly(step: StepDocument, names: Names) -> StepDocument:
    """Its Things by their ids in this house."""
    changed: dict[str, object] = {}
    if step.thing is not None:
        changed["thing"] = names.plain(step.thing)
    if step.select is not None and step.select.things:
        things = [names.plain(thing) for thing in step.select.things]
        changed["select"] = step.select.model_copy(update={"things": things})
    if isinstance(step.compensate, Opposite) and step.compensate.thing:
        changed["compensate"] = step.compensate.model_copy(
            update={"thing": names.plain(step.compensate.thing)}
        )
    return step.model_copy(update=changed) if changed else step


def _calls(name: str, step: StepDocument, author: Author, mistakes: Mistakes) -> Iterator[tuple[str, Call]]:
    affordance, is_action = step.property or step.action or "", step.action is not None
    if step.thing is not None:
        yield name, Call(step.thing, affordance, is_action, step.value)
        return
    assert step.select is not None
    found = list(
        _selected(step.select, affordance, author, is_action=is_action, name=name, mistakes=mistakes)
    )
    if not found and not mistakes.of(name):
        mistakes.add(
            Mistake(
                name,
                "select",
                f"nothing that you may use fits it ({_said(step.select, affordance)}){_rooms(step.select, author)}",
            )
        )
    several = len({adopted.id for adopted, _ in found}) < len(found)
    for adopted, operation in found:
        ident = f"{name}/{adopted.id}" + (f".{operation.name}" if several else "")
        yield ident, Call(adopted.id, operation.name, is_action, step.value)


def _selected(
    select: Selection, affordance: str, author: Author, *, is_action: bool, name: str, mistakes: Mistakes
) -> Iterator[tuple[Adopted, Operation]]:
    """A group is named, or left out: its members are found by themselves."""
    capability = select.capability or (f"{select.kind}.{affordance}" if select.kind else "")
    things = dict.fromkeys(select.things)
    known = dict.fromkeys(author.known_things()) if things else {}
    for thing in things:
        if thing not in known:
            near = mistakes.hint(thing, known)
            mistakes.add(
                Mistake(name, "select.things", f"there is no Thing {thing!r}, {NOT_FOR_YOU}{near}", True)
            )
    wanted = frozenset(select.labels)
    for adopted in author.registry:
        if things and adopted.id not in things:
            continue
        if adopted.members and not things:
            continue
        if select.room is not None and adopted.room.casefold() != select.room.casefold():
            continue
        if not wanted <= adopted.labels:
            continue
        for operation in (adopted.thing.actions if is_action else adopted.thing.writes).values():
            fits = operation.capability == capability if capability else operation.name == affordance
            if fits and author.may_use(adopted, operation):
                yield adopted, operation


def _step(document: PlanDocument, ident: str, step: StepDocument, call: Call, after: tuple[str, ...]) -> Step:
    undo = step.compensate
    return Step(
        id=ident,
        asked=call,
        call=call,
        after=after,
        on_failure=_on_failure(step, document.on_failure),
        undo=_opposite(undo, call) if isinstance(undo, Opposite) else (undo or "restore"),
        not_before=moment_of(step.not_before) if step.not_before else None,
        deadline=moment_of(step.deadline) if step.deadline else None,
        insists=undo == "restore",
    )


def _on_failure(step: StepDocument, whole: Mode) -> OnFailure:
    given = step.on_failure
    if isinstance(given, Retry):
        return OnFailure(given.then or whole, given.retry, float(seconds_of(given.pause)))
    return OnFailure(given or whole)


def _opposite(given: Opposite, call: Call) -> Call:
    thing = given.thing or call.thing
    return Call(thing, given.property or given.action or "", given.action is not None, given.value)


def _recurs(document: PlanDocument) -> bool:
    return document.schedule is not None and document.schedule.at is None


def _of_step(step: Step, author: Author, found: Mistakes, *, recurs: bool) -> Iterator[Mistake]:
    yield from _of_call(step.id, "", step.asked, author, found)
    if isinstance(step.undo, Call):
        yield from _of_call(step.id, "compensate", step.undo, author, found)
    if not recurs:
        return
    for member, moment in (("not_before", step.not_before), ("deadline", step.deadline)):
        if moment is not None and not moment.relative:
            yield Mistake(
                step.id, member, 'the plan recurs: count from the beginning of each run, like "10m"'
            )
    use = author.operation(step.asked)
    if use is not None and use[1].absolute is not None:
        detail = (
            f"the plan recurs, and {step.asked.affordance} depends on how it is then: write the value itself"
        )
        yield Mistake(step.id, "action", detail)


def _of_call(step: str, within: str, call: Call, author: Author, mistakes: Mistakes) -> Iterator[Mistake]:
    at = f"{within}." if within else ""
    found = author.operation(call)
    if found is None:
        yield _missing(step, at, call, author, mistakes)
        return
    _, operation = found
    if not call.is_action and call.value is None:
        yield Mistake(step, f"{at}value", f"say what {call.thing}.{call.affordance} shall be")
        return
    try:
        checked = operation.check(call.value)
    except SchemaError as error:
        yield Mistake(step, f"{at}value", str(error))
        return
    if isinstance(checked, Mapping) and (codes := sorted(operation.secrets & checked.keys())):
        detail = (
            f"{' and '.join(codes)} cannot stand in a plan, for plans are kept; do it as a command of its own"
        )
        yield Mistake(step, f"{at}value", detail)


def _missing(step: str, at: str, call: Call, author: Author, mistakes: Mistakes) -> Mistake:
    member = "action" if call.is_action else "property"
    known = author.known_things()
    if call.thing not in known:
        near = mistakes.hint(call.thing, known)
        return Mistake(step, f"{at}thing", f"there is no Thing {call.thing!r}, {NOT_FOR_YOU}{near}", True)
    if not call.is_action and author.reads(call.thing, call.affordance):
        return Mistake(step, f"{at}property", f"{call.affordance} can be read, not written")
    names = author.known_names(call.thing, is_action=call.is_action)
    what = "action" if call.is_action else "writable property"
    others = author.known_names(call.thing, is_action=not call.is_action)
    if call.affordance in others:
        other = "property" if call.is_action else "action"
        return Mistake(step, f"{at}{member}", f'{call.affordance} is written "{other}": "{call.affordance}"')
    has = f"; it has {', '.join(sorted(names))}" if names else ""
    near = mistakes.hint(call.affordance, names) if names else ""
    detail = f"{call.thing} has no {what} {call.affordance!r} for you{has if near in {'', '.'} else near}"
    return Mistake(step, f"{at}{member}", detail, True)


def _unknown(
    written: list[tuple[str, StepDocument]], became: Mapping[str, list[str]], mistakes: Mistakes
) -> Iterator[Mistake]:
    known = [name for name, _ in written]
    for name, step in written:
        for other in step.after or ():
            if other == name:
                yield Mistake(name, "after", "a step cannot wait for itself")
            elif other not in became:
                yield Mistake(name, "after", f"there is no step {other!r}{mistakes.hint(other, known)}")
    if circle := _circle(written):
        yield Mistake(circle[0], "after", f"they wait for each other: {' → '.join([*circle, circle[0]])}")


def _circle(written: list[tuple[str, StepDocument]]) -> list[str]:
    """The first circle of steps that wait for each other; empty where there is none."""
    after: dict[str, list[str]] = {}
    before: list[str] = []
    for name, step in written:
        after[name] = [one for one in (before if step.after is None else step.after) if one != name]
        before = [name]
    while free := [name for name, waits in after.items() if not any(one in after for one in waits)]:
        for name in free:
            del after[name]
    path: list[str] = []
    name = next(iter(after), "")
    while name and name not in path:
        path.append(name)
        name = next(one for one in after[name] if one in after)
    return path[path.index(name) :] if name else []


def _rooms(select: Selection, author: Author) -> str:
    """The rooms that there are, where the one that is named is none of them."""
    if select.room is None:
        return ""
    shown = {author.registry[thing].room for thing in author.known_things()} - {""}
    known = {room.casefold() for room in shown}
    return "" if select.room.casefold() in known else f"; rooms are {', '.join(sorted(shown))}"


def _said(select: Selection, affordance: str) -> str:
    words: dict[str, Json] = {"kind": select.kind, "capability": select.capability, "room": select.room}
    words |= {
        "labels": ", ".join(select.labels),
        "things": ", ".join(select.things),
        "affordance": affordance,
    }
    return ", ".join(f"{name} {word}" for name, word in words.items() if word)
