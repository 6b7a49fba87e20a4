"""RFC 8628 against the whole gateway: an agent shows a code, a person types it, the agent has a token."""

from __future__ import annotations

from gateway.oauth.desk import AgentDesk
from policies import Role
from tests.gateway.api.desk import until
from tests.gateway.oauth.agents import Agents


async def test_an_agent_is_let_in_by_a_phone(house: Agents) -> None:
    anna = await house.phone()
    asked = await house.knock("Lights Helper")
    assert asked["verification_uri"] == f"{house.url}/device"
    assert asked["verification_uri_complete"] == f"{house.url}/device#{asked['user_code']}"
    assert (asked["interval"], asked["expires_in"]) == (5, 600)
    assert await house.poll(asked, "Lights Helper") == (
        400,
        {"error": "authorization_pending", "error_description": "no person has accepted it yet"},
    )
    status, info = await house.accept(anna, asked["user_code"])
    assert status == 201, info
    assert "secret" not in info
    assert (info["principal"], info["role"], info["acts_for"]) == ("lights-helper", "agent", "anna")
    assert info["parent"] == anna.token
    status, got = await house.poll(asked, "Lights Helper")
    assert status == 200, got
    assert (got["token_type"], got["scope"]) == ("Bearer", "hearth")
    assert "expires_in" not in got
    assert (await house.whoami(got["access_token"]))[1]["principal"] == "lights-helper"
    async with anna.client.get("/ledger?kind=login&newest=1&limit=1") as answer:
        row = (await answer.json())[0]
    assert (row["principal"], row["body"]["agent"], row["body"]["token"]) == ("anna", "accepted", info["id"])


async def test_the_box_says_for_whom(house: Agents) -> None:
    await house.phone("anna")
    await house.phone("ben", Role.ADULT)
    asked = await house.knock()
    status, problem = await house.accept_at_the_box(asked["user_code"])
    assert status == 400
    assert "anna, ben" in problem["detail"]
    assert (await house.accept_at_the_box(asked["user_code"], acts_for="bem"))[0] == 400
    status, info = await house.accept_at_the_box(
        asked["user_code"].lower(), acts_for="ben", principal="coo", name="COO"
    )
    assert (status, info["principal"], info["name"], info["acts_for"]) == (201, "coo", "COO", "ben")
    assert info["parent"] is None


async def test_the_box_of_a_house_with_nobody_or_one_need_not_say_it(house: Agents) -> None:
    for person in ("owner", "anna"):
        asked = await house.knock()
        async with house.box().get(f"/agents/requests/{asked['user_code']}") as answer:
            assert (await answer.json())["proposed"]["acts_for"] == person
        status, info = await house.accept_at_the_box(asked["user_code"])
        assert (status, info["acts_for"]) == (201, person)
        await house.phone("anna")


async def test_an_expiry_is_told_to_the_client(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    assert (await house.accept(anna, asked["user_code"], expires_in=3600))[0] == 201
    _, got = await house.poll(asked)
    assert 3590 <= got["expires_in"] <= 3600


async def test_a_mandate_narrows_what_is_let_in(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    status, info = await house.accept(anna, asked["user_code"], mandate={"use": []})
    assert status == 201, info
    _, got = await house.poll(asked)
    agent = house.session({"Authorization": f"Bearer {got['access_token']}"})
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status in {403, 404}
    other = await house.knock()
    assert (await house.accept(anna, other["user_code"], mandate={"use": [], "more": 1}))[0] == 400


async def test_a_no_is_told_to_the_agent(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    async with anna.client.post(f"/agents/requests/{asked['user_code']}", json={"answer": "deny"}) as answer:
        assert answer.status == 200
    assert (await house.poll(asked))[1]["error"] == "access_denied"
    status, problem = await house.accept(anna, asked["user_code"])
    assert (status, problem["type"]) == (403, "urn:hearth:problem:wrong-code")


async def test_who_asks_too_often_is_told_to_slow_down(house: Agents) -> None:
    asked = await house.knock()
    assert (await house.poll(asked))[1]["error"] == "authorization_pending"
    assert (await house.poll(asked))[1]["error"] == "slow_down"
    house.clock.turn(5)
    assert (await house.poll(asked))[1]["error"] == "slow_down"  # it is ten seconds now
    house.clock.turn(15)
    assert (await house.poll(asked))[1]["error"] == "authorization_pending"


async def test_a_code_expires(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    house.clock.turn(601)
    assert (await house.poll(asked))[1]["error"] == "expired_token"
    assert (await house.accept(anna, asked["user_code"]))[0] == 403


async def test_a_token_that_nobody_fetches_is_revoked(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    _, info = await house.accept(anna, asked["user_code"])
    assert house.gateway.identity.session_of(info["id"]) is not None
    house.clock.turn(121)
    await until(lambda: house.gateway.identity.session_of(info["id"]) is None)
    assert (await house.poll(asked))[1]["error"] == "invalid_grant"


async def test_what_waits_is_listed_without_its_code(house: Agents) -> None:
    anna = await house.phone()
    asked = await house.knock("Helper")
    async with anna.client.get("/agents/requests") as answer:
        assert answer.status == 200
        text, listed = await answer.text(), await answer.json()
    assert asked["user_code"] not in text
    assert listed["waiting"][0]["calls_itself"] == "Helper"
    async with anna.client.get(f"/agents/requests/{asked['user_code']}") as answer:
        shown = await answer.json()
    assert shown["proposed"] == {"principal": "helper", "name": "Helper", "acts_for": "anna"}


async def test_people_are_told(house: Agents) -> None:
    anna = await house.phone()
    observer = house.gateway.observers.subscribe(None)
    asked = await house.knock("Helper")
    await house.accept(anna, asked["user_code"])
    events = [event.data for event in (await observer.batch())[0] if event.kind == "notice"]
    house.gateway.observers.unsubscribe(observer)
    titles = [event["title"] for event in events]
    assert titles == ["An agent asks to be let in", "A new agent: helper"]
    assert all(asked["user_code"] not in str(event) for event in events)
    assert "It says: “Helper”" in str(events[0]["text"])


async def test_a_token_that_nobody_had_fetched_ends_with_the_next_start(house: Agents) -> None:
    """Its secret was in memory alone. One that was fetched stays."""
    anna, kept, lost = await house.phone(), await house.knock(), await house.knock("Other")
    for asked in (kept, lost):
        assert (await house.accept(anna, asked["user_code"]))[0] == 201
    status, token = await house.poll(kept)
    assert status == 200
    await AgentDesk(house.gateway).start()  # as after a power cut: it remembers no request
    assert house.gateway.identity.authenticate(token["access_token"]) is not None
    assert (await house.poll(lost, "Other"))[1]["error"] == "access_denied"


async def test_one_machine_does_not_keep_the_phones_ringing(house: Agents) -> None:
    """What it asks after a no stands in the list, and calls nobody; a yes to something of it makes it heard again."""
    anna, observer = await house.phone(), house.gateway.observers.subscribe(None)
    first = await house.knock()
    async with anna.client.post(f"/agents/requests/{first['user_code']}", json={"answer": "deny"}) as no:
        assert no.status == 200
    second = await house.knock()
    await house.accept(anna, second["user_code"])
    await house.knock()
    events = [event.data for event in (await observer.batch())[0] if event.kind == "notice"]
    house.gateway.observers.unsubscribe(observer)
    asking, new = "An agent asks to be let in", "A new agent: my-agent"
    assert [event["title"] for event in events] == [asking, new, asking]
