"""Asks at random as everybody, and looks at each answer and at the house afterwards."""

from __future__ import annotations

import random
from typing import Any, Final

import aiohttp

from gateway.api.server import make_app
from tests.gateway.mcp.raw import call
from tests.gateway.rights.asking import Ask, Asking
from tests.gateway.rights.planted import AMBER, KNOWS, MAY_MOVE, Planted, found_in

ASKERS: Final = (*KNOWS, "nobody", "gone")

LOOKS: Final = frozenset({400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 501, 502, 503, 504})
"""What may be answered besides a success: no fault of the gateway's is among them."""

LONGEST_S: Final = 20.0

HANDED_ON: Final = ("/tokens", "/delegations")
"""Where one reads again what one wrote for whom one lets in."""


class Examiner:
    def __init__(self, made: Planted, seed: int) -> None:
        self._made = made
        self._any = random.Random(f"askers {seed}")
        self._asking = Asking(make_app(made.house.gateway), made, seed)
        self.answers: dict[int, int] = {}
        self._handed_on: dict[str, str] = {}

    async def examine(self, count: int) -> None:
        before = facts(self._made)
        for number in range(count):
            who = self._any.choice(ASKERS)
            if self._any.random() < 0.3 and who in KNOWS:
                await self._call(number, who)
            else:
                await self._ask(number, who, self._asking.request())
        assert facts(self._made) == before
        await self._check_ledger()

    async def _ask(self, number: int, who: str, ask: Ask) -> None:
        client = self._made.clients.get(who) or self._made.house.session(
            {"Authorization": "Bearer hearth_gone"}
        )
        self._made.clients.setdefault(who, client)
        more: dict[str, Any] = {"json": ask.body} if ask.body is not None else {}
        async with client.request(
            ask.method.upper(), ask.path, params=ask.query, headers=ask.headers, timeout=TIMEOUT, **more
        ) as answer:
            text = f"{answer.headers!r} {await answer.text()}"
        self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
        assert answer.status < 300 or answer.status in {304, *LOOKS}, (number, who, ask, answer.status, text)
        said = ask.text
        if ask.path.startswith(HANDED_ON):
            said += self._handed_on.get(who, "")
            if answer.status == 201:  # what one wrote into it stands there from now on
                self._handed_on[who] = f"{self._handed_on.get(who, '')} {ask.text}"
        self._check(number, who, said, text)

    async def _call(self, number: int, who: str) -> None:
        tool, arguments = self._asking.tool()
        async with call(self._made.clients[who], tool, arguments, timeout=TIMEOUT) as answer:
            text = await answer.text()
        assert answer.status in {200, 400, 404, 429}, (number, who, tool, arguments, text)
        assert "urn:hearth:problem:internal" not in text
        self._check(number, who, f"{tool} {arguments}", text)

    def _check(self, number: int, who: str, asked: str, text: str) -> None:
        """What the request itself says may come back."""
        told = [word for word in found_in(text, self._made.forbidden(who)) if word not in asked]
        assert not told, (number, who, asked, told, text[:3000])
        moved = [point for point, _ in self._made.house.driver.sent if not point.startswith(f"{AMBER}/")]
        assert moved == self._made.moved, (number, who, asked, moved)

    async def _check_ledger(self) -> None:
        await self._made.house.gateway.ledger.flush()
        sent = await self._made.house.gateway.ledger.entries(kinds=("dispatch",))
        assert {one.principal for one in sent} <= MAY_MOVE
        assert {one.thing for one in sent if one.principal not in {"anna", "ben"}} <= {AMBER}


TIMEOUT: Final = aiohttp.ClientTimeout(total=LONGEST_S)


def facts(made: Planted) -> dict[str, Any]:
    """What no software, child or guest may change."""
    gateway = made.house.gateway
    return {
        "rules": gateway.policy.version,
        "mode": gateway.house.mode,
        "things": [
            (one.id, one.title, one.room, one.labels, one.kinds, one.suspended) for one in gateway.registry
        ],
        "people": sorted(one.id for one in gateway.identity.principals() if one.role in {"owner", "adult"}),
        "window": gateway.identity.pairing_open(),
        "approved": [one.id for one in gateway.approvals.book if one.end == "approved"],
    }
