"""A plan that is not well-formed: each mistake says where it is, and what would be right, in words of plans."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.plans.document import read
from gateway.plans.mistakes import BadPlan

STEP: dict[str, Any] = {"thing": "lamp", "property": "on", "value": True}


def mistakes(document: Any) -> dict[str, str]:
    with pytest.raises(BadPlan) as caught:
        read(document)
    return {f"{one.step}:{one.member}": one.detail for one in caught.value.mistakes}


def of_plan(**more: Any) -> dict[str, str]:
    return mistakes({"title": "x", "steps": [STEP], **more})


def of_step(**more: Any) -> dict[str, str]:
    return mistakes({"title": "x", "steps": [{**STEP, **more}]})


def test_what_is_missing_is_shown() -> None:
    found = mistakes({})
    assert found[":title"] == 'it is missing: write a few words: "title": "Good night"'
    assert found[":steps"].startswith("it is missing: write a list of steps")
    assert mistakes({"title": "x", "steps": []})[":steps"].startswith("write a list of steps: ")
    assert mistakes(3)[":"].startswith("a plan is a table")
    assert mistakes({"title": "x", "steps": [3]})["1:"].startswith("a step is a table")


@pytest.mark.parametrize(
    ("document", "where", "said"),
    [
        ({"after": ["1"]}, ":after", "it belongs to a step, not to the plan"),
        ({"not_before": "5m"}, ":not_before", "it belongs to a step, not to the plan"),
        ({"daily": "07:00"}, ":daily", "it belongs to schedule, not to the plan"),
        ({"retry": 2}, ":retry", "it belongs to on_failure of a step, not to the plan"),
        ({"schedule": {"daily": "07:00", "title": "x"}}, ":schedule.title", "it belongs to the plan, not to schedule"),
        ({"colour": 1}, ":colour", "there is no such member; the plan has title, "),
        ({"titel": 1}, ":titel", 'there is no such member; did you mean "title"?'),
    ],
)  # fmt: skip
def test_a_member_in_the_wrong_place_is_told_where_it_belongs(
    document: dict[str, Any], where: str, said: str
) -> None:
    assert of_plan(**document)[where].startswith(said)


def test_a_schedule_of_a_step_belongs_to_the_plan() -> None:
    assert of_step(schedule={"daily": "07:00"}) == {"1:schedule": "it belongs to the plan, not to a step"}


@pytest.mark.parametrize("given", [7, "undo", ["restore"]])
def test_what_undoes_a_step_is_a_word_or_a_table(given: Any) -> None:
    (said,) = of_step(compensate=given).values()
    assert said == 'write "restore", "none", or what undoes it: {"property": "on", "value": false}'


def test_inside_of_a_table_only_what_is_wrong_there_is_told() -> None:
    assert of_step(compensate={"property": "on", "action": "off"}) == {
        "1:compensate": "give either property, to write it, or action, to invoke it"
    }
    assert of_step(compensate={"proprty": "on"}) == {
        "1:compensate.proprty": 'there is no such member; did you mean "property"?'
    }
    assert of_step(on_failure={"retry": 99}) == {"1:on_failure.retry": "10 at the most"}


def test_a_plan_is_not_tried_again_whole() -> None:
    said = of_plan(on_failure={"retry": 2})
    assert said == {
        ":on_failure": 'write "compensate", "stop" or "continue"; {"retry": 2} can stand at a step only'
    }
    read({"title": "x", "steps": [{**STEP, "on_failure": {"retry": 2}}]})


def test_a_schedule_in_other_words() -> None:
    assert of_plan(schedule="daily")[":schedule"].startswith("write a table: ")
    assert of_plan(schedule={"cron": "* * * * *"})[":schedule.cron"].startswith(
        "there is no cron: write daily"
    )
    assert of_plan(schedule={"daily": "07:00", "days": ["monday"]})[":schedule.days.0"].startswith(
        "write 'mon', "
    )


def test_a_kind_in_other_words() -> None:
    step = {"select": {"kind": "lamp"}, "property": "on", "value": True}
    said = mistakes({"title": "x", "steps": [step]})
    assert said == {"1:select": "there is no kind 'lamp'; did you mean light?"}


def test_no_word_of_our_own_code_is_told() -> None:
    junk: list[Any] = [None, 3, "x", [], {}, [{}], {"x": 1}, True]
    members = (
        "id",
        "thing",
        "select",
        "after",
        "not_before",
        "deadline",
        "on_failure",
        "compensate",
        "value",
    )
    found = [of_step(**{name: one}) for name in members[:-1] for one in junk if not _good(name, one)]
    found += [of_plan(schedule=one) for one in junk if one is not None]
    said = " ".join(f"{where} {text}" for one in found for where, text in one.items())
    for word in (
        "instance",
        "function-",
        "literal",
        "Opposite",
        "Retry",
        "Schedule",
        "dictionary",
        "Input should",
    ):
        assert word not in said, word


def _good(name: str, given: Any) -> bool:
    try:
        read({"title": "x", "steps": [{**STEP, name: given}]})
    except BadPlan:
        return False
    return True
