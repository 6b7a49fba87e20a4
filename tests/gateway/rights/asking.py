"""Requests at random: every route of the description with what it takes, and every tool."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from gateway.api.openapi.document import document
from tests.gateway.rights.planted import AMBER, COBALT, COLOURS, JADE, VIOLET, Planted

LEFT_OUT: Final = {
    ("post", "/panic"),  # every person of the house may press it, and then nobody asks anything
    ("post", "/logout"),  # who ends itself asks nothing any more
    ("get", "/events"),  # streams are looked at on their own
    ("get", "/events/thing_created"),
    ("get", "/events/thing_updated"),
    ("get", "/events/thing_deleted"),
    ("get", "/things/{thing}/properties/{name}/observe"),
    ("get", "/things/{thing}/events/{name}"),
    ("get", "/things/{thing}/events/{name}/next"),
    ("get", "/recordings/{driver}/{device}"),
    ("get", "/things/{thing}/recording"),
}

NAMES: Final = ("on", "brightness", "temperature", "state", "unlock", "lock", "toggle", "snapshot", "set")
WORDS: Final = (
    "",
    "1",
    "0",
    "on",
    "30",
    "x" * 40,
    "summary",
    "anna",
    "coo",
    "cobalt",
    "violet-room",
    "2h",
    "property",
)


@dataclass(frozen=True)
class Ask:
    """`names` are the colours that the request itself has: those an answer may repeat."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return f"{self.method} {self.path} {self.query} {self.body} {self.headers}"


class Asking:
    def __init__(self, app: web.Application, made: Planted, seed: int) -> None:
        self._made = made
        self._any = random.Random(seed)
        said: Any = document(app, "test")
        self._routes: list[tuple[str, str, dict[str, Any]]] = [
            (method, path, one)
            for path, item in said["paths"].items()
            for method, one in item.items()
            if method in {"get", "put", "post", "patch", "delete"} and (method, path) not in LEFT_OUT
        ]

    def request(self) -> Ask:
        method, path, said = self._any.choice(self._routes)
        holes = {name: self._filling(name) for name in re.findall(r"\{(\w+)\}", path)}
        query = {
            one["name"]: self._word(one.get("schema", {}))
            for one in said.get("parameters", ())
            if one.get("in") == "query" and self._any.random() < 0.4
        }
        body = self._body(path) if method in {"put", "post", "patch"} else None
        return Ask(method, path.format(**holes), query, body, self._headers())

    def tool(self) -> tuple[str, dict[str, Any]]:
        thing, name = self._thing(), self._any.choice(NAMES)
        step = {"thing": self._thing(), "property": name, "value": 30}
        plan = self._any.choice(self._made.ids["plan"])
        choices: list[tuple[str, dict[str, Any]]] = [
            ("find_things", {"words": self._any.choice(WORDS)}),
            ("find_things", {"room": f"{self._any.choice([*COLOURS])}-room"}),
            ("find_things", {"label": f"{self._any.choice([*COLOURS])}-label"}),
            ("find_things", {"where": [{"property": name, "min": 0}], "show": [name]}),
            ("describe_thing", {"thing": thing}),
            ("read", {"things": [thing, AMBER]}),
            ("read", {"things": ["*"], "properties": [name]}),
            ("wait_for", {"thing": thing, "property": name, "until": {"changed": True}, "timeout_s": 0}),
            ("act", self._act(thing, name)),
            ("prepare_plan", {"title": "x", "purpose": "x", "steps": [step]}),
            (
                "prepare_plan",
                {"title": "x", "purpose": "x", "steps": [{"select": {"kind": "lock"}, "action": "unlock"}]},
            ),
            ("commit_plan", {"plan": plan, "digest": "0" * 64, "idempotency_key": self._key()}),
            ("plan_status", {"plan": plan}),
            ("plan_status", {"ended": True}),
            ("control_plan", {"plan": plan, "do": self._any.choice(["cancel", "pause", "resume"])}),
            ("explain", {"thing": thing}),
            ("explain", {"execution": self._any.choice(self._made.ids["execution"])}),
            ("history_summary", {"thing": thing}),
            ("what_may_i_do", self._any.choice([{}, {"thing": thing}, {"room": "cobalt-room"}])),
            ("read_context", self._any.choice([{}, {"contract": self._made.ids["contract"][0]}])),
            ("propose", {"do": "ask", "thing": thing, "duration": "1m", "purpose": "x"}),
            ("negotiations", self._any.choice([{}, {"thing": thing}, {"with_whom": "anna"}])),
            ("report_status", {"type": "execution-report", "words": "x", "ref": f"/things/{thing}"}),
        ]
        return self._any.choice(choices)

    def _act(self, thing: str, name: str) -> dict[str, Any]:
        how = (
            {"action": name}
            if name in {"unlock", "lock", "toggle", "snapshot"}
            else {"property": name, "value": 20}
        )
        dry = {"dry_run": True} if self._any.random() < 0.5 else {}
        return {"thing": thing, "purpose": "x", "idempotency_key": self._key(), "wait_s": 0, **how, **dry}

    def _key(self) -> str:
        return self._any.choice(["anna", "ben", "coo", f"k{self._any.random()}"])

    def _thing(self) -> str:
        return self._any.choice([AMBER, JADE, COBALT, VIOLET, "no-thing"])

    def _filling(self, hole: str) -> str:
        known: dict[str, Sequence[str]] = {
            "thing": [AMBER, JADE, COBALT, VIOLET, "no-thing"],
            "name": NAMES,
            "driver": ["desk"],
        }
        known |= {"set": ["household", "safety"], "candidate": [COBALT, "x"], "device": [COBALT, "x"]}
        known |= {"principal": ["anna", "coo", "paul"], "type": ["plan", "proposal"], **self._made.ids}
        return self._any.choice([*known.get(hole, ()), "x"])

    def _word(self, schema: dict[str, Any]) -> str:
        options = schema.get("enum") or (["true", "false"] if schema.get("type") == "boolean" else None)
        return str(self._any.choice(options or [*WORDS, self._thing()]))

    def _headers(self) -> dict[str, str]:
        more = {
            "Prefer": "respond-async",
            "Idempotency-Key": f'"{self._key()}"',
            "Hearth-Lease": f"{self._made.ids['lease'][0]};fence=1",
            "Last-Event-ID": "1-1",
            "If-None-Match": "*",
        }
        return {name: value for name, value in more.items() if self._any.random() < 0.15}

    def _body(self, path: str) -> Any:
        thing, name = self._thing(), self._any.choice(NAMES)
        step = {"thing": thing, "property": name, "value": 20}
        fitting = {
            "/plans": {"title": "x", "purpose": "x", "steps": [step]},
            "/leases": {"thing": thing, "accepts": None, "for": "1s", "purpose": "x"},
            # What somebody wrote is shown to them again: nobody writes of what is hidden here.
            "/delegations": {"name": f"n{self._any.random()}", "things": [AMBER], "expires_in": 600},
            "/contracts": {"purpose": "x", "raw": [{"see": ["*"], "things": [AMBER]}]},
            "/messages": {"type": "task-assignment", "to": ["anna"], "words": "x", "things": [thing]},
            "/tokens": {"role": self._any.choice(["owner", "adult", "agent", "service"]), "principal": "eve"},
            "/mode": {"mode": "away", "why": "x"},
            "/pairings": {"role": "owner", "principal": "anna"},
            "/approvals/x": {"answer": "approve", "digest": "0" * 64},
        }
        pool: list[Any] = [
            None,
            {},
            [],
            20,
            True,
            "unlocked",
            step,
            {"labels": [], "confirm": True},
            {"why": "x"},
        ]
        return fitting[path] if path in fitting and self._any.random() < 0.7 else self._any.choice(pool)
