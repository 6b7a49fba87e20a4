"""A house on a desk whose people have phones with keys."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from nacl.signing import SigningKey

from capabilities.vocabulary import Json
from gateway.approvals.keys import to_sign
from policies import Role
from tests.gateway.api.desk import House

WAITS = {"Prefer": "respond-async"}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Phone:
    """A paired device: its client, and the key that only it has."""

    client: aiohttp.ClientSession
    key: SigningKey
    token: str

    def signed(self, approval: str, answer: dict[str, Any]) -> dict[str, Any]:
        body = {"at": datetime.now(UTC).isoformat(), **answer}
        return body | {"signature": b64(self.key.sign(to_sign(approval, body)).signature)}

    async def answer(
        self, document: dict[str, Any], answer: str = "approve", **more: Any
    ) -> aiohttp.ClientResponse:
        approval = document["approval"]
        body = self.signed(approval, {"answer": answer, "digest": document["digest"], **more})
        return await self.client.post(f"/approvals/{approval}", json=body)

    async def to_answer(self) -> list[dict[str, Any]]:
        async with self.client.get("/approvals") as found:
            return list((await found.json())["to_answer"])


def public(key: SigningKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(key.verify_key))}


@dataclass
class Doors(House):
    phones: dict[str, Phone] = field(default_factory=dict)

    async def phone(self, name: str = "anna", role: Role = Role.OWNER, **more: Any) -> Phone:
        """Paired at the box, with a key."""
        if name not in self.phones:
            key = SigningKey.generate()
            async with self.box().post("/pairings", json={"role": role, "principal": name, **more}) as opened:
                code = (await opened.json())["code"]
            redeem = {"code": code, "title": "phone", "key": public(key)}
            async with self.session().post("/pairings/redeem", json=redeem) as made:
                assert made.status == 201, await made.text()
                document = await made.json()
            client = self.session({"Authorization": f"Bearer {document['secret']}"})
            self.phones[name] = Phone(client, key, document["id"])
        return self.phones[name]

    async def ask(
        self, by: aiohttp.ClientSession | None = None, what: str = "door/actions/unlock", purpose: str = ""
    ) -> dict[str, Any]:
        """The agent asks to have the door unlocked: the status of its command."""
        agent = by or await self.agent()
        headers = WAITS | ({"Hearth-Purpose": purpose} if purpose else {})
        async with agent.post(f"/things/{what}", headers=headers) as answer:
            status: dict[str, Any] = await answer.json()
            return {"http": answer.status, **status}

    async def status(self, execution: str, by: aiohttp.ClientSession | None = None) -> dict[str, Any]:
        async with (by or await self.agent()).get(f"/executions/{execution}") as answer:
            return dict(await answer.json())

    @property
    def unlocked(self) -> int:
        """How often the lock was told to open."""
        return sum(1 for point, _ in self.driver.sent if point == "door/unlock")

    def shift(self, seconds: float) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def status_of(response: aiohttp.ClientResponse) -> tuple[int, str]:
    """Status and problem of an answer."""
    document: Json = await response.json()
    kind = str(document.get("type", "")) if isinstance(document, dict) else ""
    return response.status, kind.rpartition(":")[2]
