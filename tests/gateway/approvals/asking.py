"""People and their answers, for tests of approvals."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from capabilities.vocabulary import Json
from gateway.approvals.answering import Answering, Saying
from gateway.approvals.asked import Asked
from gateway.approvals.grants import Grant, Wish
from gateway.commands import Outcome
from policies import Principal, Role
from tests.gateway.core.rig import AGENT, Rig, until

BOX = Principal("box", Role.OWNER, at_box=True)
ANNA = Principal("anna", Role.OWNER)
BEN = Principal("ben", Role.ADULT)
RULES = """
format = 1

[[allow]]
id = "people"
who = ["owner", "adult", "child", "agent"]
may = ["*"]
see = ["*", "sensitive"]
privilege = "administer"
why = "A house for tests"

[[ask]]
id = "bright"
who = ["agent", "child"]
on = ["light.brightness"]
approver = ["adult"]
valid = "5m"
why = "Light wakes people"

[[ask]]
id = "two"
who = ["agent"]
on = ["light.on"]
approver = ["adult"]
approvals = 2
valid = "5m"
why = "Two have to agree"
"""

CHANNEL: dict[str, Json] = {"channel": "key", "key": "k"}


def rules(directory: Path, text: str = RULES) -> None:
    """The household's rules of a gateway whose state is in `directory`."""
    folder = directory / "state" / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "household.toml").write_text(text)


async def people(rig: Rig) -> None:
    """Everybody has a token."""
    for one in (ANNA, BEN, AGENT):
        await rig.gateway.identity.create_token(one)


async def asked(rig: Rig, count: int = 1) -> Asked:
    """The newest question, once `count` are open."""
    book = rig.gateway.approvals.book
    await until(lambda: len(book) == count and list(book)[-1].id in told(rig))
    return list(book)[-1]


def told(rig: Rig, change: str = "asked") -> list[Json]:
    """The approvals of which that was told."""
    events = (event.data for event in rig.events if event.kind == "approval")
    return [data["approval"] for data in events if data["change"] == change]


def ask(rig: Rig, what: str, value: Json = None, by: Principal = AGENT, **more: Any) -> asyncio.Task[Outcome]:
    """A command of somebody who can wait."""
    return rig.begin(what, value, by, asks=True, **more)


async def say(
    rig: Rig,
    question: Asked,
    *,
    yes: bool = True,
    by: Principal = ANNA,
    wish: Wish | None = None,
    **more: Any,
) -> Grant | None:
    saying = Saying(by, yes, more.pop("digest", question.digest), CHANNEL, wish=wish, **more)
    return await Answering(rig.gateway.approvals).say(question, saying)
