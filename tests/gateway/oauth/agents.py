"""A house whose people have phones with keys, and clients that ask to be let in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from gateway.api.agents import signed_id
from gateway.clock import SystemClock
from tests.gateway.approvals.people import Doors, Phone

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://127.0.0.1:33418/callback"


class TurnedClock:
    """The system's time, put forward as tests like; timers of the gateway ring when it is."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._calls: list[tuple[float, Callable[[], None]]] = []

    def wall(self) -> float:
        return SystemClock.wall() + self._ahead

    def monotonic(self) -> float:
        return SystemClock.monotonic() + self._ahead

    def call_later(self, seconds: float, ring: Callable[[], None]) -> None:
        self._calls.append((self.monotonic() + seconds, ring))

    def turn(self, seconds: float) -> None:
        self._ahead += seconds
        due = [one for one in self._calls if one[0] <= self.monotonic()]
        self._calls = [one for one in self._calls if one not in due]
        for _, ring in due:
            ring()


@dataclass
class Agents(Doors):
    clock: TurnedClock = field(default_factory=TurnedClock)

    async def form(self, path: str, **members: str) -> tuple[int, dict[str, Any]]:
        async with self.session().post(path, data=members) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            text = await answer.text()
            return answer.status, await answer.json() if text else {}

    async def knock(self, client_id: str = "My Agent", **more: str) -> dict[str, Any]:
        status, body = await self.form("/oauth/device_authorization", client_id=client_id, **more)
        assert status == 200, body
        return body

    async def poll(
        self, asked: dict[str, Any], client_id: str = "My Agent", **more: str
    ) -> tuple[int, dict[str, Any]]:
        members = {"grant_type": DEVICE, "device_code": asked["device_code"], "client_id": client_id, **more}
        return await self.form("/oauth/token", **members)

    async def accept(self, phone: Phone, code: str, **wish: Any) -> tuple[int, dict[str, Any]]:
        body = phone.signed(signed_id(code), {"answer": "accept", **wish})
        return await said(await phone.client.post(f"/agents/requests/{code}", json=body))

    async def accept_at_the_box(self, code: str, **wish: Any) -> tuple[int, dict[str, Any]]:
        return await said(
            await self.box().post(f"/agents/requests/{code}", json={"answer": "accept", **wish})
        )

    async def register(self, *uris: str, name: str = "An inspector") -> str:
        body = {"client_name": name, "redirect_uris": list(uris or (BACK,))}
        async with self.session().post("/oauth/register", json=body) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["client_id"])

    async def begin(self, client_id: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """What the page does when it is loaded."""
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": BACK,
            "state": "xyz",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        body = {name: value for name, value in (query | more).items() if value is not None}
        return await said(await self.session().post("/oauth/authorize", json=body))

    async def look(self, begun: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return await said(
            await self.session().post("/oauth/authorize/look", json={"request": begun["request"]})
        )

    async def redeem(self, code: str, client_id: str, **more: str) -> tuple[int, dict[str, Any]]:
        members = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        members |= {"redirect_uri": BACK, "code_verifier": VERIFIER} | more
        return await self.form("/oauth/token", **members)

    async def whoami(self, secret: str) -> tuple[int, dict[str, Any]]:
        session = self.session({"Authorization": f"Bearer {secret}"})
        return await said(await session.get("/whoami"))


async def said(answer: aiohttp.ClientResponse) -> tuple[int, dict[str, Any]]:
    async with answer:
        return answer.status, dict(await answer.json(content_type=None))
