"""A house in which every word and every reading is a colour's own, and a list, written by hand, of who may know which colour.

Amber is for everybody who is let in, jade for adults and their agents, cobalt (a lock) and violet (a camera) for the family's
adults alone. What somebody says (purposes, plans, messages) is `said-by-<id>`: theirs, and the adults'.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.config import House as HouseSettings
from policies import Role, Terms
from policies.decision import Principal
from tests.gateway.api.desk import DeskDriver, House, camera, lamp, lock, sensor

RULES: Final = """
format = 1
[[allow]]
id = "family"
who = ["adult"]
may = ["*", "lock.unlock"]
see = ["*", "sensitive"]
privilege = "administer"
why = "We live here"
[[allow]]
id = "agents"
who = ["agent"]
things = ["amber-lamp", "jade-attic"]
may = ["light.*"]
see = ["*"]
why = "They help"
[[allow]]
id = "others"
who = ["child", "guest", "guest-agent"]
things = ["amber-lamp"]
may = ["light.*"]
see = ["*"]
why = "A lamp is for all"
[[limit]]
id = "cobalt-limit"
on = ["lock.unlock"]
things = ["cobalt-vault"]
not_between = ["22:00", "07:00"]
why = "The cobalt one stays shut at night"
"""

AMBER, JADE, COBALT, VIOLET = "amber-lamp", "jade-attic", "cobalt-vault", "violet-eye"
COLOURS: Final = {"amber": AMBER, "jade": JADE, "cobalt": COBALT, "violet": VIOLET}

JADE_READING: Final = 17.314159
"""No other number of the house looks like it."""

KNOWS: Final[dict[str, tuple[str, ...]]] = {
    "coo": ("amber", "jade"),  # an agent of anna, who is an adult
    "helper": ("amber",),  # let in by coo, for the lamp alone, to look at
    "deep": ("amber",),  # let in by helper, for everything it could wish
    "sam": ("amber", "jade"),  # an agent under a contract: jade only as means over a quarter of an hour
    "cleo": ("amber",),  # a child
    "kidbot": ("amber",),  # her agent
    "paul": ("amber",),  # a guest, with terms
    "gbot": ("amber",),  # his agent
    "svc": (),  # a service of which no rule says anything
}
"""Of those who may not know all: written from the rules above by hand, not asked of the gateway."""

PERSON_OF: Final = {"gbot": "paul", "kidbot": "cleo"}
"""Who may also hear what their agents say: it is said for them."""

MAY_MOVE: Final = frozenset({"coo", "sam", "cleo", "kidbot", "paul", "gbot", "ben", "anna"})
"""And nothing but the lamp."""


@dataclass
class Planted:
    house: House
    clients: dict[str, aiohttp.ClientSession] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    """Of things of others, by the name of the hole in a path: they exist, and are nobody's business."""

    moved: list[str] = field(default_factory=list)
    """What the adults did to other things than the lamp, before anybody else asked for anything."""

    def forbidden(self, who: str) -> list[str]:
        """What must not stand in any answer to `who`."""
        known = KNOWS.get(who, ())
        words = [colour for colour in COLOURS if colour not in known]
        words += [] if "jade" in known and who != "sam" else [str(JADE_READING)]
        words += [
            f"said-by-{other}"
            for other in (*KNOWS, "anna", "ben")
            if who not in {other, PERSON_OF.get(other)}
        ]
        return words + [secret for name, secret in self.secrets.items() if name != who]


@asynccontextmanager
async def planted(directory: Path) -> AsyncIterator[Planted]:
    config = Config(
        state_dir=directory / "state",
        runtime_dir=directory / "run",
        http=Http(port=0),
        house=HouseSettings(clock="trusted"),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    (config.state_dir / "policies").mkdir(parents=True)
    (config.state_dir / "policies" / "household.toml").write_text(RULES)
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway, serve(gateway) as url:
        await driver.listening.wait()
        made = Planted(House(gateway, driver, url, config.socket))
        await _furnish(made.house)
        await _let_in(made)
        await _talk(made)
        made.moved = [point for point, _ in driver.sent if not point.startswith(f"{AMBER}/")]
        yield made
        for session in made.house.sessions:
            await session.close()


async def _furnish(house: House) -> None:
    for make, name in ((lamp, AMBER), (sensor, JADE), (lock, COBALT), (camera, VIOLET)):
        colour = name.partition("-")[0]
        await house.gateway.registry.adopt(
            make(name),
            title=name.replace("-", " "),
            room=f"{colour}-room",
            labels=frozenset({f"{colour}-label"}),
            by="test",
        )
    await house.known(AMBER, "on", True)
    await house.known(AMBER, "brightness", 40)
    await house.known(JADE, "temperature", JADE_READING)
    await house.known(COBALT, "state", "locked")
    await house.known(VIOLET, "state", "recording")


async def _let_in(made: Planted) -> None:
    identity = made.house.gateway.identity
    tokens: dict[str, str] = {}

    async def come(
        name: str, role: Role, *, of: str = "", person: str = "", terms: Terms | None = None
    ) -> None:
        info, secret = await identity.create_token(
            Principal(name, role, acts_for=person), parent=tokens[of] if of else None, mandate=terms
        )
        tokens[name], made.secrets[name] = info.id, secret
        made.clients[name] = made.house.session({"Authorization": f"Bearer {secret}"})

    only_amber = Terms.model_validate({"use": [{"things": [AMBER]}], "read": [{"things": [AMBER]}]})
    looking = Terms.model_validate({"use": [], "read": [{"things": [AMBER]}]})
    await come("anna", Role.OWNER)
    await come("ben", Role.ADULT)
    await come("cleo", Role.CHILD)
    await come("paul", Role.GUEST, terms=only_amber)
    await come("coo", Role.AGENT, person="anna")
    await come("sam", Role.AGENT, person="anna")
    await come("kidbot", Role.AGENT, person="cleo")
    await come("gbot", Role.GUEST_AGENT, of="paul", person="paul")
    await come("helper", Role.AGENT, of="coo", person="anna", terms=looking)
    await come("deep", Role.AGENT, of="helper", person="anna")
    await come("svc", Role.SERVICE)
    await come("gone", Role.AGENT, person="anna")
    await identity.revoke(tokens["gone"])
    made.clients["nobody"] = made.house.session()
    made.ids["token"] = [tokens["anna"], tokens["ben"]]
    contract: dict[str, Any] = {
        "reader": "sam",
        "purpose": "comfort",
        "raw": [{"see": ["*"], "things": [AMBER]}],
        "aggregated": [{"see": ["*"], "things": [JADE], "every": "15m", "step": 1}],
    }
    async with made.clients["anna"].post("/contracts", json=contract) as answer:
        assert answer.status == 201, await answer.text()
        made.ids["contract"] = [(await answer.json())["id"]]


async def _talk(made: Planted) -> None:
    """Everybody who may do something does it, and says what nobody else may read."""
    for name in ("anna", "ben", "coo", "cleo", "paul", "sam", "kidbot", "gbot"):
        client, said = made.clients[name], f"said-by-{name}"
        path = f"/things/{AMBER}/properties/brightness"
        headers = {"Hearth-Purpose": said, "Idempotency-Key": f'"{name}"'}
        async with client.put(path, json=30, headers=headers) as answer:
            made.ids.setdefault("execution", []).append(answer.headers["Hearth-Execution"])
        plan = {"title": said, "purpose": said, "steps": [{"thing": AMBER, "property": "on", "value": True}]}
        async with client.post("/plans", json=plan) as answer:
            made.ids.setdefault("plan", []).append((await answer.json())["id"])
    for thing, action in ((COBALT, "unlock"), (COBALT, "lock")):
        headers = {"Hearth-Purpose": "said-by-ben"}
        async with made.clients["ben"].post(f"/things/{thing}/actions/{action}", headers=headers) as answer:
            made.ids["execution"].append(answer.headers["Hearth-Execution"])
    lease = {"thing": COBALT, "accepts": None, "for": "1h", "purpose": "said-by-anna"}
    async with made.clients["anna"].post("/leases", json=lease) as answer:
        assert answer.status == 201, await answer.text()
        made.ids["lease"] = [(await answer.json())["id"]]


def found_in(text: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word in text]
