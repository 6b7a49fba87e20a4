"""Every route that there is, listed from the application's own router: what is added tomorrow is attacked tomorrow."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.public import PUBLIC
from gateway.api.server import make_app
from gateway.context import Gateway
from policies import Role
from tests.gateway.attacks.besieged import Client, Siege, besieged, devices, shipped
from tests.gateway.core.rig import lamp

SAFE: Final = frozenset({"GET", "HEAD"})

OPEN_TO_AGENTS: Final = {
    ("PUT", "/things/{thing}/properties"): "commands, decided by the rules",
    ("PUT", "/things/{thing}/properties/{name}"): "a command",
    ("POST", "/things/{thing}/actions/{name}"): "a command",
    ("DELETE", "/things/{thing}/actions/{name}/{execution}"): "its own command; 409 whatever it finds",
    ("POST", "/tokens"): "its own, and narrower ones",
    ("DELETE", "/tokens/{token}"): "its own, and what came of them",
    (
        "POST",
        "/messages",
    ): "words in a thread that it has a part in, or a task for what it made: neither moves anything",
    ("POST", "/leases"): "what it may operate; others get their turn, and people pass",
    ("PATCH", "/leases/{lease}"): "its own; 404 for any other",
    ("POST", "/plans"): "a draft: nothing moves",
    ("POST", "/plans/{plan}/commit"): "its own draft; each step is a command, decided by the rules",
    ("POST", "/plans/{plan}/cancel"): "its own plans; 404 for any other",
    ("POST", "/pairings/redeem"): "for whoever has a code: needs no token, and none helps",
    ("POST", "/delegations"): "narrower ones, for a day at the most",
    ("POST", "/logout"): "ends itself",
    ("POST", "/contracts"): "asks for one, which a person accepts",
    ("POST", "/mcp"): "tools and resources, each with the rights of its REST route",
    ("DELETE", "/mcp"): "its own session",
    ("POST", "/oauth/device_authorization"): "asks to be let in, as any stranger may",
    ("POST", "/oauth/token"): "for whoever was let in by a person",
    ("POST", "/oauth/revoke"): "only ends",
    ("POST", "/oauth/register"): "says what a client calls itself; kept nowhere",
    ("POST", "/oauth/authorize"): "asks to be let in, as any stranger may",
    ("POST", "/oauth/authorize/look"): "for whoever has the request's secret",
}
"""What software may change, and why. A route that is not here must refuse it."""

REFUSED: Final = frozenset({401, 403, 404})

BODIES: Final[tuple[Json, ...]] = (
    None,
    {},
    {"confirm": True, "labels": [], "title": "x"},
    {"mode": "away", "why": "the owner approved"},
    {"rule": "household/agents-heat-within-reason", "for": "2h", "why": "the owner approved"},
    {"sets": {"household": "format = 1\n"}},
    {"old": {}, "new": {}},
    {"cases": {}},
    {"open": True, "title": "x", "room": "y"},
    {"role": "owner", "principal": "x"},
    {"approved": True, "approver": "anna"},
)


def routes(gateway: Gateway) -> list[tuple[str, str]]:
    """Method and path of every route, as `/things/{thing}`."""
    app = make_app(gateway)
    found = [(route.method, _path(route)) for route in app.router.routes()]
    assert len(found) > 50, "the router tells its routes"
    return sorted(set(found))


def _path(route: web.AbstractRoute) -> str:
    assert route.resource is not None
    return route.resource.canonical


def filled(path: str, siege: Siege, execution: str = "x") -> Iterator[str]:
    """The path with names that exist: for each Thing that has something to read, to set or to do."""
    fixed = {"{execution}": execution, "{token}": "x", "{waiver}": "x", "{candidate}": "new-lamp"}
    fixed |= {"{driver}": "simulated"}
    for hole, name in fixed.items():
        path = path.replace(hole, name)
    if "{thing}" not in path:
        yield re.sub(r"\{\w+\}", "x", path.replace("{name}", "household"))
        return
    for adopted in siege.rig.gateway.registry:
        of_thing = path.replace("{thing}", adopted.id)
        names = ["x"]
        if "{name}" in path:
            names = [*adopted.slots] if "/properties/" in path else [*adopted.thing.actions, *adopted.taps]
        for name in names:
            yield of_thing.replace("{name}", name)


def everything() -> list[str]:
    """The kinds of caller that are software."""
    return [Role.AGENT, Role.GUEST_AGENT, Role.SERVICE]


# ---------------------------------------------------------------- writing


@pytest.mark.undeclared
@pytest.mark.parametrize("role", everything())
async def test_an_agent_that_may_write_automations_writes_neither_rules_nor_anything_else_of_the_house(
    tmp_path: Path, role: Role
) -> None:
    """No rules, mode, labels, waivers, approvals, adoptions, windows for devices, panic, events: software changes the state
    of devices, and its own tokens.
    """
    async with besieged(tmp_path, adopt="all") as siege:
        gateway, acts_for = siege.rig.gateway, "anna" if role is Role.AGENT else ""
        await siege.owner()
        client = await siege.client("coo", role, acts_for)
        before = _house(gateway)
        mutating = [one for one in routes(gateway) if one[0] not in SAFE]
        assert set(OPEN_TO_AGENTS) <= set(mutating), "what is no route any more is no exception"
        for method, path in mutating:
            if (method, path) in OPEN_TO_AGENTS:
                continue
            where = next(filled(path, siege))
            for body in BODIES:
                answer = await client.ask(method, where, body)
                assert answer.status in REFUSED, (method, where, body, answer.status, answer.text)
        assert _house(gateway) == before
        assert siege.moved == []


async def test_the_same_with_names_that_fit_best(tmp_path: Path) -> None:
    """Who knows what there is to change gets no further."""
    async with besieged(tmp_path, devices(), adopt="ask") as siege:
        gateway = siege.rig.gateway
        anna, coo = await siege.owner(), await siege.agent()
        adopted = await anna.ask("POST", "/inbox/simulated/desk-lamp/adopt", {"open": True})
        assert adopted.status == 201
        rule = "household/agents-heat-within-reason"
        waiver = await anna.ask("POST", "/policies/waivers", {"rule": rule, "for": "1h", "why": "a test"})
        assert waiver.status == 201
        before = _house(gateway)
        tries: list[tuple[str, str, Json]] = [
            ("PUT", "/mode", {"mode": "away"}),
            ("POST", "/policies/waivers", {"rule": rule, "for": "1h", "why": "hot"}),
            ("DELETE", f"/policies/waivers/{waiver.document['id']}", None),
            ("POST", "/policies/reload", None),
            ("POST", "/inbox/simulated/front-door/adopt", {"open": True}),
            ("DELETE", "/inbox/simulated/front-door", None),
            ("PATCH", "/things/desk-lamp", {"labels": [], "confirm": True}),
            ("DELETE", "/things/desk-lamp", None),
            ("POST", "/things/desk-lamp/accept", None),
            ("POST", "/pairings", {"role": "adult", "principal": "me"}),
            ("POST", "/panic", None),
            ("DELETE", f"/tokens/{anna.token}", None),
        ]
        for method, path, body in tries:
            answer = await coo.ask(method, path, body)
            assert answer.status in REFUSED, (method, path, answer.text)
        assert _house(gateway) == before
        assert (await anna.get("/whoami")).status == 200


async def test_no_route_takes_a_dead_token_or_none(tmp_path: Path) -> None:
    async with besieged(tmp_path, [lamp()]) as siege:
        coo = await siege.agent()
        await siege.rig.gateway.identity.revoke(coo.token, by="anna")
        async with aiohttp.ClientSession(siege.url) as stranger:
            nobody = Client(stranger, "", "")
            for client in (coo, nobody):
                for method, path in routes(siege.rig.gateway):
                    answer = await client.ask(method, next(filled(path, siege)), None)
                    good = {200, 400, 401, 404} if path in PUBLIC and path != "/mcp" else {401, 429}
                    assert answer.status in good, (method, path, answer.status)
                    if answer.status == 200:
                        assert path in PUBLIC, (method, path)
        assert siege.moved == []


async def test_an_agent_makes_nothing_wider_than_itself(tmp_path: Path) -> None:
    """Tokens of persons, of services, of others, of other people's agents: none. Its own: no more than it may do itself."""
    async with besieged(tmp_path) as siege:
        await siege.owner()
        await siege.client("ben", Role.ADULT)
        coo = await siege.agent()
        for role in Role:
            for acts_for in ("", "ben", "anna"):
                body = {"principal": f"other-{role}", "role": role, "acts_for": acts_for}
                answer = await coo.ask("POST", "/tokens", body)
                fits = role in {Role.AGENT, Role.GUEST_AGENT} and acts_for == "anna"
                assert (answer.status == 201) is fits, (body, answer.text)
        for taken in ("anna", "ben", "box"):
            assert (await coo.ask("POST", "/tokens", {"principal": taken, "role": "agent"})).status == 403, (
                taken
            )
        own = await coo.ask("POST", "/tokens", {"title": "a further one"})
        secret = str(own.document["secret"])
        async with aiohttp.ClientSession(siege.url, headers={"Authorization": f"Bearer {secret}"}) as session:
            child = Client(session, str(own.document["id"]), secret)
            assert (await child.act("front-door.unlock")).reason == "approval-required"
        for token in (siege.clients[0].token, siege.clients[1].token):
            assert (await coo.ask("DELETE", f"/tokens/{token}")).status in REFUSED
        listed = (await coo.get("/tokens")).text
        assert "ben" not in listed and '"anna"' not in listed.replace('"acts_for":"anna"', "")


async def test_nobody_publishes_events(tmp_path: Path) -> None:
    """What is written into the stream is not read as anything: the WebSocket has no command, and no client fires an event."""
    async with besieged(tmp_path) as siege:
        coo, anna = await siege.agent(), await siege.owner()
        before = _house(siege.rig.gateway)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for path in (
                "/events",
                "/things/front-door/events/unlocked",
                "/ledger",
                "/approvals",
                "/approvals/x",
            ):
                answer = await coo.ask(method, path, {"type": "approval", "approved": True})
                assert answer.status in {404, 405}, (method, path, answer.status)
        async with coo.session.ws_connect("/events") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "approval", "execution": "x", "approved": True})
            await socket.send_json([{"event": "notice", "topic": ["front-door", "unlock"], "data": {}}])
            await anna.write("desk-lamp.on", True)
            async with asyncio.timeout(5):
                told = await socket.receive()
            assert told.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE}
            assert "approval" not in str(told.data)
        assert _house(siege.rig.gateway) == before
        assert {one.split("/")[0] for one in siege.moved} == {"desk-lamp"}


# ---------------------------------------------------------------- status questions


@pytest.mark.undeclared
@pytest.mark.parametrize("role", [Role.OWNER, Role.AGENT])
async def test_status_questions_switch_nothing(tmp_path: Path, role: Role) -> None:
    """Every GET, every HEAD, over every Thing and all it has, by who may do everything and by who may do little."""
    async with besieged(tmp_path) as siege:
        gateway = siege.rig.gateway
        client = await siege.client("anna" if role is Role.OWNER else "coo", role)
        before, asked = _house(gateway), 0
        for method, path in routes(gateway):
            if method not in SAFE:
                continue
            for where in filled(path, siege):
                for query in ("", "?dry-run=0&value=true&on=1&state=open&action=unlock&approved=1"):
                    asked += await _asked(client, method, where + query)
        assert asked > 200
        assert siege.moved == []
        assert _house(gateway) == before
        assert not await siege.rig.rows("dispatch", "denied", "outcome"), "nothing of it is a command"


async def _asked(client: Client, method: str, where: str) -> bool:
    """Streams are let go as soon as they began, and long polls with them."""
    try:
        async with asyncio.timeout(0.05 if where.partition("?")[0].endswith(("/observe", "/events")) else 5):
            async with client.session.request(method, where) as answer:
                if "event-stream" not in answer.headers.get("Content-Type", ""):
                    await answer.read()
                assert answer.status < 500 or answer.status == 503, (method, where, answer.status)
    except TimeoutError:
        assert "/observe" in where or "/events" in where, where
    return True


@pytest.mark.parametrize("role", [Role.OWNER, Role.AGENT])
async def test_dry_runs_switch_nothing(tmp_path: Path, role: Role) -> None:
    """Every command of every Thing, as a question."""
    async with besieged(tmp_path) as siege:
        client = await siege.client("anna" if role is Role.OWNER else "coo", role)
        permitted = 0
        for adopted in siege.rig.gateway.registry:
            for operation in adopted.operations():
                kind = "actions" if operation.is_action else "properties"
                where = f"/things/{adopted.id}/{kind}/{operation.name}?dry-run=1"
                method = "POST" if operation.is_action else "PUT"
                for value in (None, True, False, 20, 50, "heat", {"on": True}, {"brightness": 1}):
                    body = value is not None or not operation.is_action
                    answer = await client.ask(method, where, value, body=body)
                    permitted += answer.status == 200 and answer.document["verdict"] == "permit"
                    assert answer.status in {200, 400, 404}, (where, value, answer.text)
        assert permitted > 5
        assert siege.moved == []
        assert not await siege.rig.rows("dispatch", "denied", "outcome")


async def test_trying_rules_out_switches_and_changes_nothing(tmp_path: Path) -> None:
    """What checks, compares and tests rules is a question, too."""
    async with besieged(tmp_path) as siege:
        anna = await siege.owner()
        before = _house(siege.rig.gateway)
        wide = {"household": 'format = 1\n[[allow]]\nid = "a"\nwho = ["agent"]\nmay = ["*"]\nwhy = "w"\n'}
        for path, body in (
            ("check", {"sets": wide}),
            ("diff", {"new": wide}),
            ("test", {"sets": wide}),
            ("check", {"sets": shipped()}),
        ):
            answer = await anna.ask("POST", f"/policies/{path}", body)
            assert answer.status == 200, (path, answer.text)
        assert _house(siege.rig.gateway) == before
        assert siege.moved == []


def _house(gateway: Gateway) -> object:
    """All that software must not change."""
    house = gateway.house
    return (
        gateway.policy.version,
        house.mode,
        [(one.id, one.until) for one in house.waivers],
        [(one.id, one.title, one.room, one.labels, one.suspended) for one in gateway.registry],
        sorted(gateway.registry.inbox),
        gateway.executor._meanwhile._stops,
        sorted(path.name for path in (gateway.config.state_dir / "policies").glob("*")),
    )
