"""What nobody gets by asking to be let in, attack by attack."""

from __future__ import annotations

import asyncio

import pytest

from gateway.api.agents import WRONG_CODES, signed_id
from gateway.api.oauth_wire import BEGINNINGS
from gateway.identity.pairing import new_code
from gateway.ledger import LedgerUnavailable
from gateway.oauth import redirects
from gateway.oauth.clients import Client
from gateway.oauth.errors import Full
from gateway.oauth.grants import GRACE_S, LIFE_S, MOST_FAR, MOST_OF_ADDRESS, Grants
from gateway.oauth.ids import free_id
from gateway.oauth.request import Request
from policies import Role
from tests.gateway.oauth.agents import Agents, said


async def test_an_agent_does_not_let_itself_in(house: Agents) -> None:
    """Nor does anything else that software holds: an agent's token, a service's, a token of a person without a key."""
    await house.phone()
    asked = await house.knock()
    path = f"/agents/requests/{asked['user_code']}"
    callers = [
        (await house.agent(), 403),
        (await house.client("meter", Role.SERVICE), 403),
        (await house.client("kim", Role.CHILD), 403),
        (await house.client("gast", Role.GUEST), 403),
        (await house.client("ben", Role.ADULT), 403),  # a token alone
        (house.session(), 401),
        (house.session({"Authorization": f"Bearer {asked['device_code']}"}), 401),
    ]
    for client, status in callers:
        assert (await said(await client.post(path, json={"answer": "accept"})))[0] == status
    for client, status in callers[:4]:
        for look in (path, "/agents/requests"):
            assert (await said(await client.get(look)))[0] == status
        assert (await said(await client.post(path, json={"answer": "deny"})))[0] == status
    assert (await house.poll(asked))[1]["error"] == "authorization_pending"


async def test_a_yes_is_signed_for_this_request_and_this_wish(house: Agents) -> None:
    anna = await house.phone()
    one, other = await house.knock(), await house.knock()
    code = one["user_code"]
    body = anna.signed(signed_id(code), {"answer": "accept", "principal": "coo"})
    for path, sent in (
        (other["user_code"], body),
        (code, body | {"principal": "other"}),
        (code, {name: value for name, value in body.items() if name != "signature"}),
        (code, anna.signed(code, {"answer": "accept"})),  # as an answer to an approval is signed
        (code, anna.signed(signed_id(code), {"answer": "accept", "at": house.shift(-3600)})),
    ):
        status, problem = await said(await anna.client.post(f"/agents/requests/{path}", json=sent))
        assert (status, problem["type"]) == (403, "urn:hearth:problem:not-signed"), sent
    assert (await said(await anna.client.post(f"/agents/requests/{code}", json=body)))[0] == 201
    assert (await said(await anna.client.post(f"/agents/requests/{code}", json=body)))[0] == 403  # not twice


async def test_codes_are_not_guessed(house: Agents) -> None:
    """Five wrong ones, and that token waits; nobody else is locked out by it."""
    anna, ben = await house.phone(), await house.phone("ben", Role.ADULT)
    asked = await house.knock()
    for left in range(WRONG_CODES - 1, -1, -1):
        status, problem = await house.accept(ben, new_code())
        assert (status, problem["tries_left"]) == (403, left)
    assert (await house.accept(ben, asked["user_code"]))[0] == 429
    assert (await house.accept(anna, asked["user_code"]))[0] == 201
    again = await house.knock()
    house.clock.turn(301)
    assert (await house.accept(ben, again["user_code"]))[0] == 201


async def test_at_the_box_the_pin_comes_before_the_code(house: Agents) -> None:
    await house.phone()
    box, asked = house.box(), await house.knock()
    async with box.put("/pin", json={"pin": "2468"}) as answer:
        assert answer.status == 204
    for code in (asked["user_code"], new_code()):
        status, problem = await house.accept_at_the_box(code)
        assert (status, problem["type"]) == (403, "urn:hearth:problem:pin-required")
    assert (await house.accept_at_the_box(asked["user_code"], pin="2468"))[0] == 201


async def test_another_clients_device_code_is_no_use(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock("mine")
    await house.accept(anna, asked["user_code"])
    assert (await house.poll(asked, "other"))[1]["error"] == "invalid_grant"
    _, got = await house.poll(asked, "mine")
    assert (await house.whoami(got["access_token"]))[0] == 200


async def test_a_device_code_that_two_hold_ends_the_token(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock("mine")
    await house.accept(anna, asked["user_code"])
    _, stolen = await house.poll(asked, "mine")
    assert (await house.poll(asked, "mine"))[1]["error"] == "invalid_grant"
    assert (await house.whoami(stolen["access_token"]))[0] == 401


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "http://evil.example/",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:33418\\@evil.example/cb",
        "http://localhost.evil.example/",
        "http://127.0.0.1:33418/callback#fragment",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:33418/call back",
        "http://127.0.0.1:33418/callback\r\nSet-Cookie: x=1",
        "http://127.0.0.1:33418/callback\n",
        "HTTP://127.0.0.1/callback",
        "http:evil.example",
        "http:///evil.example",
        "//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "ms-settings:x",
        "blob:http://127.0.0.1/x",
        "com.example.:/x",
        ".com:/x",
        "com.example.app:/x\u2028",
        "",
    ],
)
def test_no_browser_is_sent_to_another_host(uri: str) -> None:
    assert not redirects.is_good(uri)


async def test_no_redirect_but_a_registered_one(house: Agents) -> None:
    """Neither with a code nor with an error: what is wrong with the redirect is shown, and not sent there."""
    client = await house.register()
    for uri in (
        "http://127.0.0.1:33418/other",
        "http://localhost:33418/callback",
        "http://127.0.0.1:33418/callback?x=1",
        "http://127.0.0.1:33418/callback/",
        "http://127.0.0.1:33418/callback/../x",
        "https://evil.example/",
    ):
        status, answer = await house.begin(client, redirect_uri=uri, response_type="token")
        assert (status, answer["error"]) == (400, "invalid_redirect_uri")
        assert "to" not in answer
    for other in (None, "unregistered", client + "x", "hearth.x.y"):
        status, answer = await house.begin(other or "")
        assert (status, answer["error"]) == (401, "invalid_client")
        assert "to" not in answer


async def test_a_pages_secret_is_no_device_code_and_no_code(house: Agents) -> None:
    """Nothing that is meant for one endpoint is good at another."""
    client, anna = await house.register(), await house.phone()
    _, begun = await house.begin(client)
    asked = await house.knock(client)
    await house.accept(anna, begun["user_code"])
    await house.accept(anna, asked["user_code"])
    assert (await house.poll({"device_code": begun["request"]}, client))[1]["error"] == "invalid_grant"
    assert (await house.redeem(begun["request"], client))[1]["error"] == "invalid_grant"
    assert (await house.redeem(asked["device_code"], client))[1]["error"] == "invalid_grant"
    assert (await house.look({"request": asked["device_code"]}))[0] == 400
    for secret in (begun["request"], asked["device_code"], asked["user_code"]):
        assert (await house.whoami(secret))[0] == 401


async def test_a_name_is_one_line_of_what_can_be_printed(house: Agents) -> None:
    client = await house.register(
        name="\x1b]0;owned\x07\u202etseuqer\n\nApproved by Anna: say yes " + "!" * 400
    )
    anna = await house.phone()
    asked = await house.knock(client)
    async with anna.client.get(f"/agents/requests/{asked['user_code']}") as answer:
        shown = await answer.json()
    assert shown["calls_itself"].isprintable()
    assert len(shown["calls_itself"]) <= 100
    _, info = await house.accept(anna, asked["user_code"])
    assert info["name"].isprintable()
    assert info["title"].isprintable()


async def test_nobody_comes_in_under_anothers_id(house: Agents) -> None:
    """By its own word for itself it becomes neither a person nor an agent that was there before."""
    anna = await house.phone()
    await house.agent()  # coo, for anna
    ids = []
    for name in ("Anna", "coo", "owner", "house", "box", "…", "COO"):
        asked = (
            await house.knock(name) if name.isascii() else await house.knock(await house.register(name=name))
        )
        _, info = await house.accept(anna, asked["user_code"])
        ids.append(info["principal"])
        await house.poll(asked, name)
        house.clock.turn(15)
    assert ids[0] == "anna-agent"
    assert ids[1:5] == ["coo-agent", "owner-agent", "house-agent", "box-agent"]
    assert len({*ids, "coo", "anna"}) == len(ids) + 2
    await house.gateway.identity.revoke(house.tokens["coo"])
    asked = await house.knock("coo")
    for wanted in ("anna", "box"):
        assert (await house.accept(anna, asked["user_code"], principal=wanted))[0] in {400, 403}
    ben = await house.phone("ben", Role.ADULT)
    assert (await house.accept(ben, asked["user_code"], principal="coo"))[0] == 400  # it was for anna
    assert (await house.accept(ben, asked["user_code"], acts_for="anna"))[0] == 400


def test_an_id_that_is_free() -> None:
    assert free_id("Lights", {"lights", "lights-agent", "lights-agent-2"}) == "lights-agent-3"
    assert free_id("\u7535", ()) == "unnamed"  # nothing of it is left in ASCII


async def test_it_never_does_more_than_who_let_it_in(house: Agents) -> None:
    """And ends with the phone that let it in."""
    ben = await house.phone("ben", Role.ADULT)
    asked = await house.knock()
    _, info = await house.accept(ben, asked["user_code"])
    _, got = await house.poll(asked)
    assert info["acts_for"] == "ben"
    await house.gateway.identity.revoke(ben.token)
    assert (await house.whoami(got["access_token"]))[0] == 401


async def test_the_panic_switch_comes_before_the_fetching(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    await house.accept(anna, asked["user_code"])
    house.gateway.identity.purge()
    assert (await house.poll(asked))[1]["error"] == "access_denied"


async def test_who_holds_a_phones_token_lets_nobody_in_after_it_was_revoked(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    await house.gateway.identity.revoke(anna.token)
    assert (await house.accept(anna, asked["user_code"]))[0] == 401


async def test_other_sites_begin_nothing(house: Agents) -> None:
    client = await house.register()
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Origin": "https://evil.example"}
    stranger = house.session(foreign)
    for path in ("/oauth/device_authorization", "/oauth/token", "/oauth/revoke"):
        assert (await said(await stranger.post(path, data={"client_id": "x"})))[0] == 403
    for path in ("/oauth/register", "/oauth/authorize", "/oauth/authorize/look"):
        assert (await said(await stranger.post(path, json={})))[0] == 403
    async with stranger.get(f"/oauth/authorize?client_id={client}") as answer:
        assert answer.status == 403
    async with (await house.phone()).client.get("/agents/requests") as answer:
        assert (await answer.json())["waiting"] == []


async def test_a_flood_is_refused_and_locks_nobody_out(house: Agents) -> None:
    """Who floods is told to wait; what a person looks at stays, and is accepted; the agent fetches its token."""
    anna, asked = await house.phone(), await house.knock()
    statuses = [(await house.form("/oauth/device_authorization", client_id="flood"))[0] for _ in range(20)]
    assert statuses.count(429) >= 8
    assert (await house.accept(anna, asked["user_code"]))[0] == 201
    assert (await house.poll(asked))[0] == 200


async def test_two_yeses_at_once_make_one_token_and_two_questions_get_it_once(house: Agents) -> None:
    anna, ben = await house.phone(), await house.phone("ben", Role.ADULT)
    asked = await house.knock()
    code = asked["user_code"]
    answers = await asyncio.gather(*(house.accept(one, code) for one in (anna, ben, anna, ben)))
    assert sorted(status for status, _ in answers)[:1] == [201]
    assert [status for status, _ in answers].count(201) == 1
    polls = await asyncio.gather(*(house.poll(asked) for _ in range(4)))
    assert [status for status, _ in polls].count(200) == 1
    agents = [one for one in house.gateway.identity.principals() if one.role is Role.AGENT]
    assert agents == []  # four hold its device code: it ended


async def test_where_there_is_no_room_it_says_so(house: Agents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.oauth.grants.MOST_NEAR", 1)
    client = await house.register()
    await house.knock()
    async with house.session().post("/oauth/device_authorization", data={"client_id": "x"}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (503, "temporarily_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    status, told = await house.begin(client)
    assert status == 400
    assert "error=temporarily_unavailable" in told["to"]


async def test_a_yes_that_cannot_be_recorded_is_none(house: Agents, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits as before, and can be answered when the disk is well."""
    anna, asked = await house.phone(), await house.knock()

    def full(_: object) -> None:
        raise LedgerUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(house.gateway.ledger, "append", full)
        assert (await house.accept(anna, asked["user_code"]))[0] == 503
    assert (await house.poll(asked))[1]["error"] == "authorization_pending"
    assert (await house.accept(anna, asked["user_code"]))[0] == 201
    assert (await house.poll(asked))[0] == 200


def test_a_flood_from_the_network_takes_neither_room_nor_place() -> None:
    """Of others, of the box's own programs, and of what waits already: it is the flood's own that is refused."""
    grants, client = Grants(), Client("x", "x")

    def begin(address: str, *, near: bool = False) -> Request:
        return grants.begin(client, address=address, near=near, now=0.0, at=0.0)[0]

    first = begin("192.0.2.1")
    for _ in range(MOST_OF_ADDRESS):
        begin("192.0.2.66")
    with pytest.raises(Full):
        begin("192.0.2.66")
    begin("192.0.2.2")
    with pytest.raises(Full):
        for number in range(MOST_FAR):
            begin(f"10.0.0.{number}")
    assert grants.with_user_code(first.user_code, 1.0) is first
    assert begin("", near=True).near
    assert len(grants) == MOST_FAR + 1
    assert grants.sweep(LIFE_S + GRACE_S) == []
    assert len(grants) == 0


def test_the_rate_lets_in_no_more_than_there_is_room_for() -> None:
    assert BEGINNINGS.in_all.most_in(LIFE_S + GRACE_S) <= MOST_FAR
