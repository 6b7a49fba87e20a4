"""`/history`: plots, tables, lists; who may see them."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from capabilities.vocabulary import Json
from gateway.api.history_csv import cell
from gateway.api.past import MOST_OF_ONE, Askers
from gateway.api.problems import Problem
from policies import Principal, Role
from tests.gateway.api.desk import House, lamp, lock, sensor, until
from tests.gateway.contracts.hand_clock import HandClock

HOUR = 3_600.0


async def plot(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(f"/history/{path}") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def told(house: House, clock: HandClock, name: str, *values: Json, every: float = 60.0) -> None:
    """Each value, and then so many seconds."""
    thing, _, prop = name.partition("/")
    for value in values:
        await house.known(thing, prop, value)
        clock.move(every)


async def test_single_reports_of_a_short_time(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    began = clock.now
    clock.move(10)
    await told(house, clock, "attic/temperature", 20.5, 21.0, 22.5)
    found = await plot(owner, "attic/temperature?from=-1h")
    assert (found["level"], found["step"], found["unit"], found["type"]) == ("raw", None, "°C", "number")
    assert found["t"] == [began + 10, began + 70, began + 130]
    assert found["mean"] == found["min"] == found["max"] == [20.5, 21.0, 22.5]
    assert found["gaps"] == [[clock.now - HOUR, began + 10]]
    assert (found["from"], found["to"]) == (clock.now - HOUR, clock.now)


@pytest.mark.parametrize("rolled", [False, True])
async def test_windows_have_extremes_means_and_gaps(house: House, clock: HandClock, rolled: bool) -> None:
    await house.adopt(sensor())
    owner, began = await house.owner(), clock.now
    await told(house, clock, "attic/temperature", 20.0, 30.0, every=900)
    house.driver.lose("attic", "its battery is empty")
    reach = house.gateway.registry["attic"].reach
    await until(lambda: reach.reachable is False)
    clock.move(1_800)
    if rolled:
        await house.gateway.history.settle()
        await house.gateway.history.roll_up()
        await house.gateway.history.maintain()
    found = await plot(owner, "attic/temperature?from=-1h&level=15min")
    assert found["t"] == [began, began + 900, began + 1_800, began + 2_700]
    assert found["mean"] == [20.0, 30.0, None, None]
    assert found["quality"] == [1.0, 1.0, None, None]
    assert found["covered"] == [1.0, 1.0, 0.0, 0.0]
    assert found["gaps"] == [[began + 1_800, began + HOUR]]
    hour = await plot(owner, "attic/temperature?from=-1h&level=1h")
    assert (hour["min"], hour["mean"], hour["max"], hour["count"]) == ([20.0], [25.0], [30.0], [2])
    assert hour["covered"] == [0.5]
    day = await plot(owner, "attic/temperature?from=-1h&level=1d")
    assert day["mean"] == [25.0]
    assert datetime.fromtimestamp(day["t"][0], UTC).hour == 22  # midnight in Berlin, in summer


async def test_on_and_off_is_a_share_of_the_time(house: House, clock: HandClock) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    await told(house, clock, "lamp/on", True, False, False, False, every=900)
    found = await plot(owner, "lamp/on?from=-1h&level=1h")
    assert (found["type"], found["mean"], found["count"]) == ("boolean", [0.25], [2])


async def test_states_are_words(house: House, clock: HandClock) -> None:
    await house.adopt(lock())
    owner = await house.owner()
    await told(house, clock, "door/state", "locked", "unlocked", "locked", every=60)
    found = await plot(owner, "door/state?from=-1h")
    assert found["states"] == ["locked", "unlocked"]
    assert found["state"] == [0, 1, 0]
    assert "mean" not in found
    minutes = await plot(owner, "door/state?from=-3m&level=1min")
    assert minutes["state"] == [0, 1, 0]


async def test_no_more_points_than_asked_for_and_the_extremes_show(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    await told(
        house, clock, "attic/temperature", *([20.0] + [20.0 + at % 7 for at in range(1, 200)]), 99.0, 20.0
    )
    found = await plot(owner, "attic/temperature?from=-4h&level=1min&points=20")
    assert len(found["t"]) <= 20
    assert (max(v for v in found["max"] if v), found["step"] % 60) == (99.0, 0.0)
    single = await plot(owner, "attic/temperature?from=-4h&level=raw&points=20")
    assert len(single["t"]) <= 24
    assert max(v for v in single["mean"] if v) == 99.0


async def test_a_second_period_lies_over_the_first(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 10.0, every=86_400)
    await told(house, clock, "attic/temperature", 20.0, every=HOUR)
    found = await plot(owner, "attic/temperature?from=-1h&level=15min&compare=-1d")
    assert found["mean"] == [20.0] * 4
    assert found["compare"]["mean"] == [10.0] * 4
    assert found["compare"]["t"] == found["t"]
    assert found["compare"]["shift"] == 86_400
    when = datetime.fromtimestamp(clock.now - 86_400 - HOUR, UTC).isoformat()
    for never in ("-3000y", "-999999w", "-999999y", "-100y"):
        async with owner.get(f"/history/attic/temperature?from=-1h&compare={never}") as answer:
            assert answer.status == 400, never
    other = await plot(owner, f"attic/temperature?from=-1h&level=15min&compare={when.replace('+', '%2B')}")
    assert other["compare"]["shift"] == 86_400


async def test_what_has_not_changed_is_not_sent_again(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 10.0, 11.0)
    path = f"/history/attic/temperature?from={clock.now - 90}&to={clock.now - 1}"
    async with owner.get(path) as answer:
        etag = answer.headers["ETag"]
    async with owner.get(path, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "points=5000",
        "points=1",
        "level=2h",
        "format=xml",
        "from=-1h&to=-2h",
        "compare=-0d",
        "who=anna",
    ],
)
async def test_what_is_wrong_is_said_with_what_would_be_right(house: House, query: str) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 20.0)
    owner = await house.owner()
    async with owner.get(f"/history/attic/temperature?{query}") as answer:
        assert answer.status == 400, query
        assert len((await answer.json())["detail"]) > 20


async def test_a_table(house: House, clock: HandClock) -> None:
    await house.adopt(sensor(), lamp())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 20.5, -3.0)
    await told(house, clock, "lamp/on", True)
    async with owner.get("/history/attic/temperature?from=-1h&format=csv") as answer:
        assert answer.content_type == "text/csv"
        text = await answer.text()
    assert text.endswith("\r\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["thing"], row["property"], row["value"], row["unit"]) for row in rows] == [
        ("attic", "temperature", "20.5", "°C"),
        ("attic", "temperature", "-3", "°C"),
    ]
    assert datetime.fromisoformat(rows[0]["time"]).timestamp() == clock.now - 180
    wanted = "series=attic/temperature,lamp/on&from=-30m&level=15min"
    async with owner.get(f"/history?{wanted}", headers={"Accept": "text/csv"}) as answer:
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert {row["thing"] for row in rows} == {"attic", "lamp"}
    async with owner.get("/history/attic/temperature?from=-5y&level=1min&format=csv") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ('say "x"', '"say ""x"""'),
        ("a,b", '"a,b"'),
        ("°C", "°C"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text: str, told: str) -> None:
    assert cell(text) == told
    (row,) = csv.reader([f"{told},x"])
    assert row[0].lstrip("'") == text


async def test_the_list_and_what_is_not_kept(house: House, clock: HandClock) -> None:
    await house.adopt(sensor(), lamp())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 20.5)
    await told(house, clock, "lamp/brightness", 40)
    async with owner.get("/history") as answer:
        body = await answer.json()
    assert [(one["thing"], one["property"]) for one in body["series"]] == [("attic", "temperature")]
    assert body["series"][0]["keeps"] == {
        "raw": 2 * 86_400,
        "1min": 30 * 86_400,
        "15min": 365 * 86_400,
        "1h": 5 * 365 * 86_400,
        "1d": None,
    }
    assert body["file_bytes"] > 0
    for thing, count in (("attic", 1), ("lamp", 0), ("nowhere", 0)):
        async with owner.get(f"/history?thing={thing}") as answer:
            assert len((await answer.json())["series"]) == count
    async with owner.get("/history/lamp/brightness") as answer:
        assert answer.status == 404


async def test_what_may_not_be_read_has_no_past(house: House, clock: HandClock) -> None:
    await house.adopt(sensor(), lock())
    await told(house, clock, "attic/temperature", 20.5)
    await told(house, clock, "door/state", "locked")
    agent, owner = await house.agent(), await house.owner()
    answers = []
    for path in ("door/state", "door/nothing", "nowhere/state"):
        async with agent.get(f"/history/{path}") as answer:
            answers.append((answer.status, await answer.text()))
    async with agent.get("/things/door/properties/state") as answer:
        may_read = answer.status == 200
    assert len(set(answers[1:])) == 1
    assert (answers[0][0] == 200) == may_read
    async with agent.get("/history") as answer:
        body = await answer.json()
    assert "file_bytes" not in body
    assert (("door", "state") in [(one["thing"], one["property"]) for one in body["series"]]) == may_read
    async with agent.get("/history?series=attic/temperature,nowhere/state&format=csv") as answer:
        assert answer.status == 404
    async with agent.delete("/history/attic/temperature") as answer:
        assert answer.status == 403
    async with owner.get("/history/door/state") as answer:
        assert answer.status == 200


def test_who_asks_too_much_at_once_is_told_when_to_ask_again() -> None:
    askers = Askers()
    with ExitStack() as open_:
        for name in ("anna", "coo"):
            for _ in range(MOST_OF_ONE):
                open_.enter_context(askers.taking(Principal(name, Role.ADULT)))
            with pytest.raises(Problem) as refused, askers.taking(Principal(name, Role.ADULT)):
                pass
            assert refused.value.headers == {"Retry-After": "1"}
    with askers.taking(Principal("anna", Role.ADULT)):
        pass


async def test_erased_is_gone_and_stands_in_the_ledger(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 20.5, 21.0)
    history = house.gateway.history
    await history.settle()
    clock.move(2 * HOUR)
    await told(house, clock, "attic/temperature", 20.0)
    await history.roll_up()
    async with owner.delete("/history/attic/temperature") as answer:
        assert answer.status == 204
    async with owner.get("/history/attic/temperature") as answer:
        assert answer.status == 404
    async with owner.get("/ledger?kind=erase") as answer:
        assert [entry["body"] for entry in await answer.json()] == [
            {"erased": "history", "properties": ["temperature"]}
        ]
    await history.settle()
    await told(house, clock, "attic/temperature", 23.0)
    found = await plot(owner, "attic/temperature?level=raw")
    assert found["mean"] == [23.0]
    rows = await history.ask(lambda file: file.db.execute("SELECT count(*) FROM piece").fetchone())
    assert rows == (0,)


@pytest.mark.parametrize("kept", [False, True])
async def test_a_forgotten_thing_takes_its_past_along(house: House, clock: HandClock, kept: bool) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 20.5)
    await house.gateway.history.settle()
    async with owner.delete(f"/things/attic{'?keep-history=1' if kept else ''}") as answer:
        assert answer.status in {200, 204}
    await house.gateway.history.settle()
    async with owner.get("/history/attic/temperature") as answer:
        assert answer.status == 404
    async with owner.get("/history") as answer:
        body = await answer.json()
    assert [one.get("forgotten") for one in body["series"]] == [True] * kept
    await house.adopt(sensor())
    async with owner.get("/history/attic/temperature") as answer:
        assert answer.status == (200 if kept else 404)
    if kept:
        async with owner.delete("/history/attic") as answer:
            assert answer.status == 204


async def test_marks_show(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    owner = await house.owner()
    await told(house, clock, "attic/temperature", 20.5, 80.0)
    slot = house.gateway.state.slot("attic", "temperature")
    assert slot is not None
    house.gateway.history.mark(slot, clock.now - 60, "it never was so warm")
    expected = [{"at": clock.now - 60, "value": 80.0, "reason": "it never was so warm"}]
    for _ in range(2):
        assert (await plot(owner, "attic/temperature"))["unusual"] == expected
        await house.gateway.history.settle()


async def test_a_contract_gives_nothing_from_before_it(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    agent, owner = await house.agent(), await house.owner()
    await told(house, clock, "attic/temperature", 11.0, 12.0, 13.0, every=600)
    body = {
        "reader": "coo",
        "purpose": "heating",
        "for": "30d",
        "raw": [{"see": ["temperature.temperature"]}],
    }
    async with owner.post("/contracts", json=body) as answer:
        assert answer.status == 201, await answer.text()
        contract = (await answer.json())["id"]
    began = clock.now
    await told(house, clock, "attic/temperature", 21.0, 22.0, every=600)
    clock.move(2 * 86_400)
    for query in (
        "from=-1y",
        "from=-3d&level=raw",
        "from=-3d&level=1min",
        "from=-3d&level=1h",
        "from=-3d&level=1d",
    ):
        found = await plot(agent, f"attic/temperature?{query}&compare=-1d")
        for columns in (found, found["compare"]):
            assert all(t >= began for t in found["t"]), query
            assert not {11.0, 12.0} & {v for name in ("min", "mean", "max") for v in columns[name]}, query
    async with agent.get("/history/attic/temperature?from=-3d&format=csv&level=1min") as answer:
        lines = list(csv.DictReader(io.StringIO(await answer.text())))
    assert all(datetime.fromisoformat(row["time"]).timestamp() >= began for row in lines)
    async with agent.get("/history") as answer:
        (one,) = (await answer.json())["series"]
    assert (one["rows"], one["bytes"]) == (None, None)
    assert datetime.fromisoformat(one["first"]).timestamp() >= began
    async with owner.delete(f"/contracts/{contract}") as answer:
        assert answer.status in {200, 204}
    async with agent.get("/history/attic/temperature") as answer:
        assert answer.status == 404
    async with agent.get("/history") as answer:
        assert (await answer.json())["series"] == []


async def test_what_is_given_coarser_has_no_past(house: House, clock: HandClock) -> None:
    await house.adopt(sensor())
    agent, owner = await house.agent(), await house.owner()
    await told(house, clock, "attic/temperature", 11.0)
    coarse = [{"see": ["temperature.temperature"], "every": "1h"}]
    body = {"reader": "coo", "purpose": "heating", "for": "30d", "aggregated": coarse}
    async with owner.post("/contracts", json=body) as answer:
        assert answer.status == 201, await answer.text()
    clock.move(86_400)
    for path in ("attic/temperature?from=-2d&level=1d", "attic/temperature?format=csv"):
        async with agent.get(f"/history/{path}") as answer:
            assert answer.status == 404
