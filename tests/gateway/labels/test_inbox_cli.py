"""What `hearth` tells a newcomer of what was found, and of what a Thing is, has and wants."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from capabilities.components import AffordanceDescription as Affordance
from capabilities.components import ComponentDescription as Component
from capabilities.vocabulary import Json
from drivers.driver import Asks
from gateway.cli.exits import Exit
from tests.gateway.api.desk import House
from tests.gateway.labels.relays import candidate, found, hearth, relay, setting

PROBLEMS = ("cellar: value_template has an unknown filter `foo`", "b: wildcards", "c: unknown", "d: too long")
LOCK = Component(
    "lock",
    "lock",
    (
        Affordance("state", "l#s"),
        Affordance(
            "unlock", "l#u", role="action", schema={"properties": {"code": {"type": "string"}}, "required": ["code"]}
        ),
    ),
)  # fmt: skip
REMOTE = Component(
    "remote", "button", (Affordance("pressed", "r#p", role="event", schema={"enum": ["single", "double"]}),)
)
COVER = Component(
    "door",
    "garage",
    (Affordance("open", "g#o", role="action"), Affordance("state", "g#s"), Affordance("close", "g#c", role="action")),
    certain=False,
)  # fmt: skip
LONG = "0x00158d0001a2b3c4_thermometer_in_the_cellar"


async def test_what_was_not_understood_stands_under_the_candidate(house: House) -> None:
    await found(house, replace(candidate(name=LONG), title="Cellar thermometer", problems=PROBLEMS))
    shown = (await hearth(house, "inbox")).output
    assert "nothing understood" in shown
    assert [f"  ! {problem}" in shown for problem in PROBLEMS] == [True, True, True, False]
    assert f"  ! and 1 more (hearth inbox {LONG})" in shown
    shown = (await hearth(house, "inbox", "cellar")).output
    assert [f"  ! {problem}" in shown for problem in PROBLEMS] == [True] * 4
    assert f"Cellar thermometer ({LONG}):" in shown


async def test_whose_every_entity_was_refused_cannot_be_adopted_and_why(house: House) -> None:
    await found(house, replace(candidate(name=LONG), title="Cellar thermometer", problems=PROBLEMS))
    ran = await hearth(house, "adopt", "cellar")
    assert ran.exit_code == int(Exit.USAGE)
    assert "cannot become a Thing: nothing that it announces was understood" in ran.output
    assert "  cellar: value_template has an unknown filter `foo`" in ran.output


async def test_what_is_adopted_in_spite_of_a_problem_says_so(house: House) -> None:
    code = "its code stands in its announcement, where everybody on this broker can read it"
    await found(house, replace(candidate(LOCK, name="door-lock"), problems=(code,)))
    assert f"door-lock:\n  ! {code}" in (await hearth(house, "inbox")).output
    ran = await hearth(house, "adopt", "door-l")
    assert (ran.exit_code, f"  ! {code}" in ran.output) == (0, True)


async def test_a_candidate_is_named_by_the_beginning_of_its_title_or_its_shortened_id(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await found(house, replace(candidate(relay(), name=LONG), title="Cellar pump"))
    await found(house, replace(candidate(relay(), name="b"), title="Cellar lamp"))
    ran = await hearth(house, "adopt", "CELLAR")
    assert (ran.exit_code, "may mean" in ran.output) == (int(Exit.USAGE), True)
    monkeypatch.setenv("COLUMNS", "60")
    shown = next(line for line in (await hearth(house, "inbox")).output.splitlines() if "pump" in line)
    shortened = shown.split()[0]
    assert (len(shortened), "…" in shortened, "switch?" in shown) == (15, True, True)
    assert (await hearth(house, "inbox", "--ignore", shortened)).exit_code == 0
    assert (await hearth(house, "adopt", "cellar l")).exit_code == 0


@pytest.mark.parametrize("columns", [60, 100])
async def test_nothing_is_wider_than_the_terminal_but_what_is_typed(
    house: House, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    await found(house, replace(candidate(relay(title="Lamp"), name=LONG), problems=("word " * 40,)))
    monkeypatch.setenv("COLUMNS", str(columns))
    for line in (await hearth(house, "inbox")).output.splitlines():
        assert len(line) <= columns or "→" in line or LONG in line


async def test_all_that_a_door_may_be_is_named(house: House) -> None:
    await found(house, candidate(COVER, name="garage_1"))
    assert "  could be: blind, garage or valve" in (await hearth(house, "inbox")).output
    ran = await hearth(house, "adopt", "garage_1", "--kind", "garrage")
    assert "there is no kind 'garrage' (did you mean garage" in ran.output


async def test_an_article_is_that_of_its_word(house: House) -> None:
    await found(house, candidate(relay()))
    assert "the Thing relay, an outlet" in (await hearth(house, "adopt", "relay", "--kind", "outlet")).output


async def test_show_tells_kind_events_hazards_and_codes(house: House) -> None:
    for one, name in ((LOCK, "front-door"), (REMOTE, "remote"), (relay(), "relay")):
        await found(house, candidate(one, name=name))
        await hearth(house, "adopt", name)
    shown = (await hearth(house, "show", "front-door")).output
    assert "(front-door, a lock)" in shown
    assert "code: a code (needed)" in shown
    shown = (await hearth(house, "show", "remote")).output
    assert "pressed  single or double" in shown
    assert "only events: pressed" in (await hearth(house, "read", "remote")).output
    shown = (await hearth(house, "show", "relay")).output
    assert "(relay, a switch?)" in shown
    assert "may do damage  true or false" in shown


async def test_a_code_that_is_missing_is_asked_for(house: House) -> None:
    await found(house, candidate(LOCK, name="front-door"))
    await hearth(house, "adopt", "front-door")
    ran = await hearth(house, "do", "front", "unlock")
    assert ran.exit_code == int(Exit.USAGE)
    assert ran.output == "hearth: it needs a code: hearth do front-door unlock code=…\n"
    assert house.driver.sent == []


async def test_software_is_told_that_a_kind_is_a_guess(house: House) -> None:
    coo = await house.agent()
    await found(house, candidate(relay()))
    await hearth(house, "adopt", "relay")
    async with coo.get("/things?view=summary") as answer:
        (short,) = await answer.json()
    assert (short["uncertain"], short["unconfirmed"]) == (True, [])
    async with coo.get("/things/relay") as answer:
        told = await answer.json()
    assert told["hearth:uncertain"] is told["properties"]["on"]["hearth:uncertain"] is True
    await hearth(house, "kind", "relay", "light", "--yes")
    async with coo.get("/things/relay") as answer:
        assert "hearth:uncertain" not in await answer.text()


async def test_who_is_refused_for_a_label_is_told_of_the_label(house: House) -> None:
    coo = await house.agent()
    await found(house, candidate(relay()))
    await hearth(house, "adopt", "relay", "--kind", "light")
    async with coo.put("/things/relay/properties/on", json=True) as answer:
        problem = await answer.json()
    remedies = [one["remedy"] for one in problem["findings"] if "remedy" in one]
    assert {
        "text": "without the label new, which a person can take off",
        "data": {"thing": "relay", "without_labels": ["new"]},
    } in remedies


async def test_the_doctor_knows_why_a_thing_is_out_of_reach(house: House) -> None:
    await found(house, candidate(relay()))
    await hearth(house, "adopt", "relay", "--open")
    house.gateway.registry["relay"].reach.reachable = False
    house.gateway.registry["relay"].reach.reason = "its bridge is away"
    assert "out of reach: relay (its bridge is away)" in (await hearth(house, "doctor")).output
    assert "out of reach: its bridge is away" in (await hearth(house, "show", "relay")).output


async def test_what_a_thing_takes_goes_on_in_another_line_without_a_terminal(house: House) -> None:
    names: list[Json] = [f"effect number {number}" for number in range(60)]
    effect = Affordance("effect", "l#e", schema={"type": "string", "enum": names}, writable=True)
    await found(house, candidate(Component("lamp", "light", (effect,)), name="lamp"))
    await hearth(house, "adopt", "lamp")
    shown = (await hearth(house, "show", "lamp")).stdout
    assert max(map(len, shown.splitlines())) <= 120
    assert "effect number 59" in " ".join(shown.split())


async def test_the_same_is_said_once_for_all_relays_of_a_board(house: House) -> None:
    relays = [relay(f"r{number}", f"Relay {number}", proposal="") for number in range(1, 9)]
    await found(house, replace(candidate(*relays, name="cellar/3"), title="Relay board"))
    shown = (await hearth(house, "inbox")).output
    assert "Relay board (cellar/3), Relay 1–8: taken for a switch until somebody says what it feeds" in shown
    assert shown.count("could be:") == 1
    assert "--kind 'Relay 1=KIND' for each of them" in shown
    assert "  → hearth adopt cellar/3\n" in shown


async def test_a_component_without_a_title_is_called_by_its_kind(house: House) -> None:
    await found(house, candidate(relay("hearth//switch"), LOCK, name="endpoint"))
    shown = (await hearth(house, "inbox")).output
    assert "endpoint, switch: taken for" in " ".join(shown.split())
    assert "hearth//switch" not in shown
    two = candidate(relay("hearth//switch"), setting("x"), LOCK, name="other")
    await found(house, two)
    assert "--kind switch=light --kind X=KIND" in (await hearth(house, "inbox", "other")).output
    ran = await hearth(house, "adopt", "other", "--kind", "switch=outlet")
    assert (ran.exit_code, house.gateway.registry["other"].kinds) == (0, {"hearth//switch": "outlet"}), (
        ran.output
    )


async def test_what_asks_says_so_among_the_kinds(house: House) -> None:
    asks = Asks("pin", "the eight digits on its label", "123-45-678")
    await found(house, replace(candidate(name="hall"), title="Hall lamp", asks=asks))
    shown = (await hearth(house, "inbox")).output
    assert "asks for its pin" in shown
    assert "nothing understood" not in shown
    assert "Hall lamp (hall): the eight digits on its label" in shown


async def test_one_candidate_is_a_document_of_its_own(house: House) -> None:
    await found(house, candidate(relay(), name="one"))
    await found(house, candidate(relay(), name="two"))
    assert json.loads((await hearth(house, "inbox", "two", "--json")).output)["id"] == "two"
    assert (await hearth(house, "inbox", "two", "--ignored")).exit_code == int(Exit.USAGE)
