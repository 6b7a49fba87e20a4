"""Floods, by name: what they cannot do is keep out whom the house knows, or a phone that scans the code of an open window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.api import public
from gateway.api.guard import Guard
from gateway.api.limits import Limit, Rate
from gateway.api.problems import Problem
from gateway.api.server import make_app, serve
from gateway.app import open_gateway
from gateway.config import Config, Http
from gateway.context import Gateway
from gateway.identity import WrongCodeError, pairing
from gateway.identity.pairing import new_link_code
from policies import Principal, Role

NARROW = Limit(Rate(2, 1_000.0), Rate(50, 1.0))


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Gateway]:
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0))
    async with open_gateway(config, drivers={}) as gateway:
        yield gateway


async def owners_secret(gateway: Gateway) -> dict[str, str]:
    _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
    return {"Authorization": f"Bearer {secret}"}


class Flood:
    """Requests to one guard, each from an address of its own, without a network in between."""

    def __init__(self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
        self.guard = Guard(gateway.identity, gateway.clock, Http())
        self._address = ""
        monkeypatch.setattr("gateway.api.strangers.address_of", lambda _: self._address)
        self._wrong = _request({"Authorization": "Bearer hearth_guess"})

    def wrong(self, address: str) -> int:
        return self.status(address, self._wrong)

    def status(self, address: str, request: web.Request) -> int:
        self._address = address
        try:
            self.guard.admit(request)
        except Problem as problem:
            return problem.status
        return 200


def _request(headers: dict[str, str]) -> web.Request:
    return make_mocked_request("GET", "/things", {"Host": "localhost"} | headers)


async def test_wrong_tokens_from_the_address_of_the_owners_phone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as gateway:
        flood, owner = Flood(gateway, monkeypatch), _request(await owners_secret(gateway))
        seen = [flood.wrong("192.168.1.20") for _ in range(1_000)]
        assert seen[:30] == [401] * 30
        assert set(seen) == {401, 429}
        assert seen.count(429) > 900
        assert flood.status("192.168.1.20", owner) == 200
        assert flood.wrong("192.168.1.21") == 401, "others are told what is wrong with theirs"


async def test_wrong_tokens_from_ten_thousand_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as gateway:
        flood, owner = Flood(gateway, monkeypatch), _request(await owners_secret(gateway))
        for n in range(10_000):
            assert flood.wrong(f"10.0.{n // 256}.{n % 256}") in {401, 429}
            if n % 500 == 0:
                assert flood.status(f"10.0.{n // 256}.{n % 256}", owner) == 200
                await asyncio.sleep(0)
        assert len(flood.guard._strangers._failed) <= 4_096


async def test_every_route_without_a_token_has_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each route of the router is asked by a stranger: it says 401, or it stands in the table and ends in 429."""
    for path, terms in public.PUBLIC.items():
        monkeypatch.setitem(public.PUBLIC, path, public.Terms(NARROW, terms.counts))
    monkeypatch.setattr("gateway.api.strangers.FAILED", Limit(Rate(100_000, 1.0), Rate(100_000, 1.0)))
    async with opened(tmp_path) as gateway, serve(gateway) as url:
        owner = await owners_secret(gateway)
        found = {(r.method, r.resource.canonical) for r in make_app(gateway).router.routes() if r.resource}
        assert len(found) > 80
        strangers: set[str] = set()
        async with aiohttp.ClientSession(url) as session:

            async def ask(method: str, path: str, headers: dict[str, str] | None = None) -> int:
                where = path.replace("{", "").replace("}", "")
                async with session.request(method, where, headers=headers) as answer:
                    assert answer.headers["X-Content-Type-Options"] == "nosniff", (method, path)
                    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], (
                        method,
                        path,
                    )
                    assert not [name for name in answer.headers if name.startswith("Access-Control")]
                    return answer.status

            for method, path in sorted(found):
                statuses = [await ask(method, path)]
                if statuses == [401] and path not in public.PUBLIC:
                    continue
                strangers.add(path)
                statuses += [await ask(method, path) for _ in range(4)]
                assert statuses[-1] == 429, (method, path, statuses)
                if public.PUBLIC[path].counts is public.Counts.EACH and method == "GET":
                    assert await ask(method, path, owner) != 429, f"who is known is not counted: {path}"
        assert strangers == set(public.PUBLIC), "the table has what there is, and nothing else"


def test_a_public_route_without_a_limit_does_not_start() -> None:
    async def handler(_: web.Request) -> web.Response:
        raise AssertionError

    app = web.Application()
    app.add_routes([web.get("/forgotten", handler)])
    with pytest.raises(LookupError, match="/forgotten needs no token and has no limit"):
        Guard(Mock(), Mock(), Http()).open([handler], app.router)


# ---------------------------------------------------------------- pairing


def from_address(url: str, address: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(local_addr=(address, 0)))


async def redeem(session: aiohttp.ClientSession, code: str) -> int:
    async with session.post("/pairings/redeem", json={"code": code, "title": "phone"}) as answer:
        return answer.status


async def test_wrong_codes_do_not_keep_the_owners_phone_out(tmp_path: Path) -> None:
    """A neighbour guesses on: it has few tries, the window stays open, and from another address the code is good."""
    async with opened(tmp_path) as gateway, serve(gateway) as url:
        code = await gateway.identity.open_pairing(Role.OWNER, "anna")
        async with from_address(url, "127.0.0.66") as attacker, from_address(url, "127.0.0.7") as phone:
            seen = [await redeem(attacker, f"0000-{n:04}") for n in range(60)]
            assert seen == [403] * 5 + [429] * 55
            assert await redeem(attacker, code) == 429, "what it guesses from now on is not even compared"
            assert gateway.identity.pairing_open()
            assert await redeem(phone, code) == 201


async def test_wrong_codes_from_the_phones_own_address_do_not_keep_out_who_scans_the_link(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as gateway, serve(gateway) as url:
        link_code = new_link_code()
        await gateway.identity.open_pairing(Role.OWNER, "anna", link_code=link_code)
        async with from_address(url, "127.0.0.66") as both:
            seen = [await redeem(both, f"0000-{n:04}") for n in range(20)]
            seen += [await redeem(both, new_link_code()) for _ in range(20)]
            assert 429 in seen
            assert await redeem(both, link_code) == 201


async def test_many_tries_at_once_are_each_counted(tmp_path: Path) -> None:
    async with opened(tmp_path) as gateway, serve(gateway) as url:
        await gateway.identity.open_pairing(Role.OWNER, "anna")
        async with from_address(url, "127.0.0.66") as attacker:
            seen = await asyncio.gather(*(redeem(attacker, f"0000-{n:04}") for n in range(40)))
        assert set(seen) <= {403, 429}
        with pytest.raises(WrongCodeError) as raised:
            await gateway.identity.redeem("0000-9999", "phone")
        assert raised.value.tries_left == pairing.TRIES - 6, "five were compared"
