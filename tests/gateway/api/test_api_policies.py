"""`/policies`: the rules in force, what they mean for somebody, and what other rules would change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policies import Role
from tests.gateway.api.desk import House, button, lamp, lock, sensor

ROOT = """format = 1
[[allow]]
id = "people"
who = ["adult"]
may = ["*"]
see = ["*", "sensitive"]
privilege = "manage"
why = "The people of the house"
[[allow]]
id = "comfort"
who = ["agent"]
may = ["light.*", "lock.*"]
see = ["light.*"]
why = "Comfort"
[[limit]]
id = "dim"
who = ["agent"]
on = ["light.brightness"]
value = { min = 5, max = 40 }
waivable_by = ["adult"]
why = "No glare"
[[limit]]
id = "cool"
who = ["agent"]
on = ["light.on"]
needs = [{ thing = "attic", property = "temperature", max = 30 }]
why = "The attic is not to burn"
[[ask]]
id = "doors"
who = ["agent"]
on = ["lock.unlock"]
approver = ["adult"]
valid = "5m"
why = "A door is for people"
"""
BROKEN = ROOT + "[[limits]]\n"


@pytest.fixture
def folder(house: House) -> Path:
    made = house.gateway.rules.folder
    made.mkdir(parents=True)
    return made


async def put(house: House, folder: Path, text: str, name: str = "household") -> None:
    (folder / f"{name}.toml").write_text(text)
    await house.gateway.rules.reload()


def use(explained: dict[str, Any], thing: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in explained["things"] if one["id"] == thing]
    (one,) = [one for one in found["uses"] if one["name"] == name]
    return dict(one)


async def test_the_sets_in_force_and_their_texts(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    (folder / "notes.md").write_text("x")
    await house.gateway.rules.reload()
    owner = await house.owner()
    async with owner.get("/policies") as answer:
        body = await answer.json()
    assert body["version"] == house.gateway.policy.version
    assert [(one["name"], one["root"], one["own"]) for one in body["sets"]] == [
        ("household", True, True),
        ("safety", False, False),
    ]
    assert (body["problems"], body["ignored"], body["folder"]) == ([], ["notes.md"], None)
    async with owner.get("/policies/sets/household") as answer:
        assert (await answer.json())["text"] == ROOT
    async with owner.get("/policies/sets/safety") as answer:
        assert "life-safety-is-for-people" in (await answer.json())["text"]
    async with owner.get("/policies/sets/landlord") as answer:
        assert answer.status == 404
    async with house.box().get("/policies") as answer:
        assert (await answer.json())["folder"] == str(folder)


@pytest.mark.parametrize("role", [Role.AGENT, Role.CHILD, Role.GUEST, Role.GUEST_AGENT, Role.SERVICE])
async def test_the_rules_are_for_the_adults_of_the_house(house: House, role: Role) -> None:
    client = await house.client("somebody", role)
    requests = [
        ("GET", path) for path in ("", "/sets/household", "/shadow", "/schema", "/explain?role=owner")
    ]
    requests += [("GET", "/explain?principal=anna")]
    requests += [("POST", path) for path in ("/check", "/diff", "/test", "/reload")]
    for method, path in requests:
        async with client.request(method, f"/policies{path}", json={"sets": {}, "new": {}}) as answer:
            assert answer.status == 403, path
    async with client.get("/policies/explain") as answer:
        assert answer.status == 200
        assert (await answer.json())["principal"]["id"] == "somebody"


async def test_reload_puts_good_files_into_force_and_tells_what_they_widen(
    house: House, folder: Path
) -> None:
    await put(house, folder, ROOT)
    owner = await house.owner()
    (folder / "household.toml").write_text(ROOT.replace("max = 40", "max = 60"))
    async with owner.post("/policies/reload") as answer:
        body = await answer.json()
    assert (body["changed"], body["version"]) == (True, house.gateway.policy.version)
    assert len(body["more"]) == 1
    assert body["less"] == []
    async with owner.post("/policies/reload") as answer:
        assert (await answer.json())["changed"] is False


async def test_reload_refuses_broken_files_and_health_says_so(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    before = house.gateway.policy
    (folder / "household.toml").write_text(BROKEN)
    owner, agent = await house.owner(), await house.agent()
    async with owner.post("/policies/reload") as answer:
        assert answer.status == 422
        problem = await answer.json(content_type=None)
    assert problem["type"] == "urn:hearth:problem:bad-rules"
    (fault,) = problem["problems"]
    assert (fault["set"], fault["line"]) == ("household", 35)
    assert 'did you mean "limit"' in fault["text"]
    assert house.gateway.policy is before
    async with owner.get("/health") as answer:
        health = await answer.json()
    assert health["status"] == "degraded"
    assert health["rules_problems"][0].startswith(f"{folder}/household.toml:35: ")
    async with agent.get("/health") as answer:
        health = await answer.json()
    assert (health["status"], health["rules_problems"]) == ("degraded", [])
    async with owner.get("/policies") as answer:
        assert (await answer.json())["problems"] == [fault]
    await put(house, folder, ROOT)
    async with owner.get("/health") as answer:
        assert (await answer.json())["status"] == "ok"


async def test_the_managers_of_the_house_are_told_on_their_streams(house: House, folder: Path) -> None:
    owner, agent = await house.owner(), await house.agent()
    async with owner.get("/events?types=rules") as mine, agent.get("/events") as its:
        (folder / "household.toml").write_text(BROKEN)
        async with owner.post("/policies/reload"):
            pass
        await put(house, folder, ROOT)
        await house.adopt(lamp())
        text = ""
        while '"in-force"' not in text:
            text += (await mine.content.readany()).decode()
        assert '"refused"' in text
        assert "household:35" in text
        text = ""
        while '"lamp"' not in text:
            text += (await its.content.readany()).decode()
        assert "rules" not in text


async def test_check_tells_what_is_wrong_and_what_changes(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    owner = await house.owner()

    async def check(body: dict[str, Any]) -> Any:
        async with owner.post("/policies/check", json=body) as answer:
            assert answer.status == 200
            return await answer.json()

    fine = await check({"sets": {}})
    assert (fine["ok"], fine["version"], fine["more"]) == (True, house.gateway.policy.version, [])
    wrong = await check({"sets": {"household": BROKEN, "Landlord": "format = 1"}})
    assert wrong["ok"] is False
    assert [(one["set"], one["line"]) for one in wrong["problems"]] == [("Landlord", 0), ("household", 35)]
    wider = await check({"sets": {"household": ROOT.replace("max = 40", "max = 60")}})
    assert (wider["ok"], len(wider["more"]), wider["less"]) == (True, 1, [])
    shipped = await check({"sets": {}, "only": True})
    assert shipped["version"] != fine["version"]
    assert shipped["more"]


@pytest.mark.parametrize(
    "body",
    [{}, {"sets": []}, {"sets": {"a": 1}}, {"sets": {}, "x": 1}, {"sets": {str(n): "" for n in range(65)}}],
)
async def test_bodies_are_bounded(house: House, body: dict[str, Any]) -> None:
    owner = await house.owner()
    async with owner.post("/policies/check", json=body) as answer:
        assert answer.status == 400
    async with owner.post("/policies/check", json={"sets": {"household": "#" * 300_000}}) as answer:
        assert answer.status == 413


async def test_diff_says_who_may_do_more_and_who_less(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    owner = await house.owner()
    looser = {"household": ROOT.replace("max = 40", "max = 60")}
    async with owner.post("/policies/diff", json={"new": looser}) as answer:
        more = await answer.json()
    async with owner.post("/policies/diff", json={"old": looser, "new": {"household": ROOT}}) as answer:
        less = await answer.json()
    assert (len(more["more"]), more["less"]) == (1, [])
    assert (less["more"], len(less["less"])) == ([], 1)
    async with owner.post("/policies/diff", json={"new": {"household": BROKEN}}) as answer:
        assert answer.status == 422


async def test_cases_are_run_against_the_rules_in_force_or_others(house: House, folder: Path) -> None:
    owner = await house.owner()
    async with owner.post("/policies/test", json={}) as answer:
        shipped = await answer.json()
    assert shipped["cases"] >= 120
    assert shipped["failed"] == []
    case = """format = 1
[[case]]
name = "Agents do not unlock by themselves"
given = { who = "agent", person = "adult" }
when = { use = "lock.unlock" }
then = { verdict = "ask" }
"""
    body = {"cases": {"mine": case}, "sets": {"household": ROOT.replace("ask]]", "limit]]").replace(
        'approver = ["adult"]\nvalid = "5m"', "never = true")}}  # fmt: skip
    async with owner.post("/policies/test", json=body) as answer:
        (failed,) = (await answer.json())["failed"]
    assert (failed["file"], failed["line"]) == ("mine", 2)
    assert "Agents do not unlock by themselves" in failed["text"]
    async with owner.post("/policies/test", json={"cases": {"mine": "format = 1\n[[cas]]\n"}}) as answer:
        assert answer.status == 422
        assert (await answer.json(content_type=None))["problems"][0]["line"] == 2


async def test_the_schema_is_one(house: House) -> None:
    owner = await house.owner()
    async with owner.get("/policies/schema") as answer:
        schema = await answer.json()
    assert {"allow", "limit", "ask", "then"} <= schema["properties"].keys()


# -------------------------------------------------------------------- explain


async def test_explain_tells_bounds_conditions_and_what_is_asked(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    await house.adopt(lamp(), lock(), button())
    await house.agent()
    owner = await house.owner()
    async with owner.get("/policies/explain?principal=coo") as answer:
        told = await answer.json()
    assert told["principal"] == {"id": "coo", "role": "agent", "acts_for": "anna", "acts_for_role": "owner"}
    assert told["mode"] == "home"
    brightness = use(told, "lamp", "brightness")
    assert brightness["accepted"] == {"minimum": 5, "maximum": 40}
    assert brightness["verdict"] == "permit"
    assert brightness["rules"] == ["household/comfort", "household/people", "household/dim"]
    assert use(told, "door", "unlock")["verdict"] == "needs-approval"
    assert use(told, "door", "unlock")["conditions"] == ["needs approval by adult"]
    things = {one["id"]: one for one in told["things"]}
    assert things["lamp"]["sees"] == ["on", "brightness"]
    assert things["door"]["sees"] == []
    (press,) = things["bell"]["denied"]
    assert press["reasons"][0]["rule"] == "no-allow"


async def test_explain_tells_what_stands_against_it_at_the_moment(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    await house.adopt(lamp(), sensor())
    agent, owner = await house.client("coo", Role.AGENT), await house.owner()

    async def now(client: Any) -> Any:
        async with client.get("/policies/explain?principal=coo&thing=lamp") as answer:
            return use(await answer.json(), "lamp", "on")

    unknown = await now(owner)
    assert unknown["verdict"] == "permit"
    assert unknown["now"]["verdict"] == "deny"
    assert unknown["now"]["reasons"][0]["unknown"] is True
    await house.known("attic", "temperature", 41.625)
    assert (await now(owner))["now"]["reasons"][0]["seen"] == "attic.temperature: 41.625 is above 30"
    own = await now(agent)
    assert own["now"]["reasons"] == [
        {"rule": "cool", "set": "household", "verdict": "deny", "why": "The attic is not to burn", "seen": ""}
    ]
    assert own["conditions"] == ["only under a condition on something that this caller may not see"]
    await house.known("attic", "temperature", 20)
    assert (await now(owner))["now"] is None


async def test_an_agent_learns_of_nothing_that_it_may_not_know(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    await house.adopt(lamp(), sensor(), button())
    agent = await house.agent()
    async with agent.get("/policies/explain") as answer:
        text = await answer.text()
        told = await answer.json()
    assert [one["id"] for one in told["things"]] == ["lamp"]
    assert not {"denied", "unseen"} & told["things"][0].keys()
    assert "attic." not in text
    assert '"attic"' not in text
    assert "bell" not in text


async def test_explain_for_whoever_may_come(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    await house.adopt(lamp())
    owner = await house.owner()
    for query, status in (
        ("role=agent", 200), ("role=agent&acts_for=anna", 200), ("role=agent&acts_for=nobody", 400),
        ("role=agents", 400), ("principal=nobody", 404),
    ):  # fmt: skip
        async with owner.get(f"/policies/explain?{query}") as answer:
            assert answer.status == status, query
            if status == 404:
                assert "there are: anna" in (await answer.json(content_type=None))["detail"]
    async with owner.get("/policies/explain?role=guest") as answer:
        (thing,) = (await answer.json())["things"]
    assert (thing["uses"], thing["sees"]) == ([], [])


# -------------------------------------------------------------------- shadow


async def test_shadow_counts_what_would_have_been_refused(house: House, folder: Path) -> None:
    await put(house, folder, ROOT.replace('may = ["light.*"', 'may = ["light.*", "button.*"'))
    trial = (
        'format = 1\nshadow = true\n[[limit]]\nid = "dark"\non = ["light.on"]\n'
        'value = { one_of = [false] }\nwhy = "A dark week"\n'
    )
    await put(house, folder, trial, "trial")
    await house.adopt(lamp())
    owner = await house.owner()
    for value in (True, False, True):
        async with owner.put("/things/lamp/properties/on", json=value) as answer:
            assert answer.status == 204
    async with owner.get("/policies/shadow") as answer:
        body = await answer.json()
    assert (body["shadows"], body["dispatches"], body["refused"], body["complete"]) == (["trial"], 3, 2, True)
    (rule,) = body["rules"]
    assert (rule["rule"], rule["count"], rule["why"]) == ("trial/dark", 2, "A dark week")
    example = rule["examples"][0]
    assert (example["principal"], example["thing"], example["value"]) == ("anna", "lamp", True)


async def test_a_toggle_is_explained_as_the_write_that_it_becomes(house: House, folder: Path) -> None:
    await put(house, folder, ROOT)
    await house.adopt(lamp())
    await house.agent()
    owner = await house.owner()
    async with owner.get("/policies/explain?principal=coo") as answer:
        told = await answer.json()
    assert use(told, "lamp", "toggle")["conditions"] == use(told, "lamp", "on")["conditions"]
    assert "attic.temperature" in use(told, "lamp", "toggle")["conditions"][0]
