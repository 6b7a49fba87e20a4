"""No route, method, tool, token and Thing in combination gives anybody something that its rights do not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession

from tests.gateway.mcp.raw import call
from tests.gateway.rights.examining import Examiner
from tests.gateway.rights.planted import AMBER, COBALT, JADE, KNOWS, VIOLET, Planted, planted

EXAMPLES: Final = 1_000
LAST_WORD: Final = 77

pytestmark = pytest.mark.undeclared


async def test_of_requests_at_random_none_tells_or_does_more(tmp_path: Path) -> None:
    async with planted(tmp_path) as made:
        examiner = Examiner(made, seed=1)
        await examiner.examine(EXAMPLES)
        assert examiner.answers[200] > EXAMPLES // 20, "some of it is allowed"


HIDDEN: Final = {JADE: "absent-one", COBALT: "absent-thing", VIOLET: "absent-eye"}
"""Each with an id of the same length that there is not."""

BY_PATH: Final = (
    *("/things/{}", "/things/{}?view=summary", "/things/{}/properties", "/things/{}/properties/state"),
    *("/things/{}/properties/temperature?detail=1", "/things/{}/properties/state/observe", "/things/{}/why"),
    *("/things/{}/actions/unlock", "/things/{}/kinds", "/things/{}/events/x", "/policies/explain?thing={}"),
    *(
        "/history/{}/state",
        "/history/{}/temperature?format=csv",
        "/history?thing={}",
        "/things/{}?view=cards",
    ),
    *("/ledger?thing={}", "/obligations?thing={}", "/things/{}/recording", "/events?types=property&thing={}"),
)

BODIES: Final[tuple[tuple[str, str, Any], ...]] = (
    ("PUT", "/things/{}/properties/state", "x"),
    ("PUT", "/things/{}/properties", {"state": 1}),
    ("POST", "/things/{}/actions/unlock", None),
    ("POST", "/things/{}/actions/unlock?dry-run=1", None),
    ("PATCH", "/things/{}", {"title": "x"}),
    ("DELETE", "/things/{}", None),
    ("POST", "/things/{}/accept", {}),
    ("POST", "/leases", {"thing": "{}", "accepts": None, "for": "1s", "purpose": "x"}),
    ("POST", "/plans", {"title": "x", "purpose": "x", "steps": [{"thing": "{}", "action": "unlock"}]}),
    ("POST", "/delegations?dry-run=1", {"name": "n", "things": ["{}"], "expires_in": 600}),
    ("POST", "/messages", {"type": "task-assignment", "to": ["anna"], "words": "x", "things": ["{}"]}),
)

TOOLS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("describe_thing", {"thing": "{}"}),
    ("read", {"things": ["{}"]}),
    ("wait_for", {"thing": "{}", "property": "state", "timeout_s": 0}),
    ("act", {"thing": "{}", "action": "unlock", "purpose": "x", "idempotency_key": "{}-act"}),
    ("explain", {"thing": "{}"}),
    ("history_summary", {"thing": "{}"}),
    ("what_may_i_do", {"thing": "{}"}),
    ("prepare_plan", {"title": "x", "purpose": "x", "steps": [{"thing": "{}", "action": "unlock"}]}),
    ("propose", {"do": "ask", "thing": "{}", "duration": "1m", "purpose": "x"}),
    ("negotiations", {"thing": "{}"}),
)

_CHANGES: Final = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+Z|\"(id|principal|digest|Hearth-Execution|execution|plan)\": ?\"[^\"]+\"|n-\w+"
)
"""Times and fresh ids."""


def filled(what: Any, thing: str) -> Any:
    if isinstance(what, str):
        return what.replace("{}", thing)
    if isinstance(what, list):
        return [filled(one, thing) for one in what]
    return {name: filled(one, thing) for name, one in what.items()} if isinstance(what, dict) else what


def bare(text: str, thing: str) -> str:
    return _CHANGES.sub("…", text.replace(thing, "<thing>"))


async def told(client: ClientSession, method: str, path: str, body: Any, thing: str) -> tuple[Any, ...]:
    more = {"json": filled(body, thing)} if body is not None else {}
    async with client.request(method, filled(path, thing), **more) as answer:
        streams = answer.content_type == "text/event-stream"
        text = "" if streams else bare(await answer.text(), thing)
        names = sorted(name for name in answer.headers if name not in {"Date", "Content-Length", "ETag"})
        return answer.status, text, names


@pytest.mark.parametrize("who", [*KNOWS, "gone", "nobody"])
async def test_what_is_forbidden_answers_as_what_is_absent(tmp_path: Path, who: str) -> None:
    async with planted(tmp_path) as made:
        client = made.clients.get(who) or made.house.session({"Authorization": "Bearer hearth_gone"})
        hidden = {JADE, COBALT, VIOLET} - {
            name for name in HIDDEN if name.partition("-")[0] in KNOWS.get(who, ())
        }
        asked = [*(("GET", path, None) for path in BY_PATH), *BODIES]
        for thing in sorted(hidden):
            for method, path, body in asked:
                seen = await told(client, method, path, body, thing)
                absent = await told(client, method, path, body, HIDDEN[thing])
                if 429 not in (seen[0], absent[0]):
                    assert seen == absent, (who, method, path, thing)
            if who in KNOWS:
                await _tools_are_as_blind(client, who, thing)


async def _tools_are_as_blind(client: ClientSession, who: str, thing: str) -> None:
    for tool, arguments in TOOLS:
        texts = []
        for named in (thing, HIDDEN[thing]):
            async with call(client, tool, filled(arguments, named)) as answer:
                texts.append(bare(await answer.text(), named))
        assert texts[0] == texts[1], (who, tool, thing)


async def test_what_belongs_to_others_answers_as_what_is_absent(tmp_path: Path) -> None:
    async with planted(tmp_path) as made:
        for who in ("helper", "kidbot", "gbot", "svc", "sam"):
            client = made.clients[who]
            own = await _own(made, client)
            for kind, path in (
                *(("execution", "/executions/{}"), ("plan", "/plans/{}"), ("plan", "/plans/{}/notes")),
                *(("lease", "/leases/{}"), ("token", "/delegations/{}"), ("contract", "/contracts/{}")),
            ):
                for ident in made.ids[kind]:
                    if ident in own or (kind == "contract" and who == "sam"):
                        continue
                    absent = ident[:-4] + "zzzz"
                    for method in ("GET", "DELETE"):
                        seen = await told(client, method, path, None, ident)
                        assert seen == await told(client, method, path, None, absent), (who, method, path)


async def _own(made: Planted, client: ClientSession) -> str:
    async with client.get("/plans") as plans, client.get("/ledger") as ledger:
        return await plans.text() + await ledger.text()


async def test_streams_tell_what_may_be_known_at_that_moment(tmp_path: Path) -> None:
    """Everybody listens; then coo loses the attic, and the attic tells something."""
    async with planted(tmp_path) as made:
        heard = {who: await _listening(made.clients[who]) for who in KNOWS}
        await made.house.known(JADE, "temperature", 18.271828)
        rules = made.house.gateway.config.state_dir / "policies" / "household.toml"
        rules.write_text(rules.read_text().replace('["amber-lamp", "jade-attic"]', '["amber-lamp"]'))
        await made.house.gateway.rules.reload()
        await made.house.known(JADE, "temperature", 19.191919)
        await made.house.known(COBALT, "state", "unlocked")
        await made.house.known(AMBER, "brightness", LAST_WORD)  # for all who hear anything
        for who, answer in heard.items():
            text = await _until(answer, str(LAST_WORD)) if KNOWS[who] else ""
            answer.close()
            assert ("18.271828" in text) == (who == "coo"), who
            assert "19.191919" not in text, who
            assert "cobalt" not in text, who


async def _listening(client: ClientSession) -> Any:
    answer = await client.get("/events", headers={"Accept": "text/event-stream"})
    assert answer.status == 200
    await answer.content.readline()
    return answer


async def _until(answer: Any, word: str) -> str:
    """Up to and with the data that has this word: an id may have it by chance."""
    text = line = ""
    while not (line.startswith("data:") and word in line):
        line = (await answer.content.readline()).decode()
        text += line
    return text
