"""A person's yes is the gateway's own record. What an agent's host answers to the question moves nothing, in either era."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from mcp.client._input_required import InputRequiredRoundsExceededError
from mcp_types import CallToolResult, ElicitResult, ErrorData

from drivers.driver import Driver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.approvals.answering import Answering, Saying
from gateway.config import Config
from policies import Principal, Role
from tests.gateway.api.desk import DeskDriver, House, lamp, until
from tests.gateway.approvals.asking import CHANNEL, rules
from tests.gateway.mcp.agents import ERAS, connected, modern, modern_headers, text_of

both_eras = pytest.mark.parametrize("era", ERAS)
ANNA = Principal("anna", Role.OWNER)


@pytest.fixture
async def asking(config: Config, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose rules ask people before an agent makes light brighter, with the gateway's own tools."""
    monkeypatch.setattr("gateway.mcp.approving.WAIT_S", 0.05)
    rules(config.state_dir.parent)
    driver = DeskDriver()
    drivers: dict[str, Driver] = {"desk": driver}
    async with open_gateway(config, drivers=drivers) as gateway:
        async with asyncio.timeout(5):
            await driver.listening.wait()
        async with serve(gateway) as url:
            house = House(gateway, driver, url, config.socket)
            await house.adopt(lamp())
            await house.known("lamp", "brightness", 10)
            await house.secret("anna", Role.OWNER)
            yield house
            for session in house.sessions:
                await session.close()


def act(key: str = "first-one", value: int = 80) -> dict[str, Any]:
    return {
        "thing": "lamp",
        "property": "brightness",
        "value": value,
        "purpose": "to read",
        "idempotency_key": key,
    }


class Host:
    """An agent's host that says `action` to every page; `pages` are those it was shown."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.pages: list[Any] = []

    async def __call__(self, context: object, params: Any) -> ElicitResult | ErrorData:
        self.pages.append(params)
        return ElicitResult.model_validate({"action": self.action})


async def answer(house: House, *, yes: bool) -> None:
    """Anna's own answer, on her own device."""
    book = house.gateway.approvals.book
    await until(lambda: len(book))
    question = next(iter(book))
    await Answering(house.gateway.approvals).say(question, Saying(ANNA, yes, question.digest, CHANNEL))


@both_eras
async def test_accepted_by_the_host_alone_nothing_moves(
    asking: House, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.mcp.approving.LONGEST_WAIT_S", 0.2)
    host = Host("accept")
    secret = await asking.secret("coo", Role.AGENT, "anna")
    async with connected(asking, secret, era, elicitation_callback=host) as client:
        try:
            result = await client.call_tool("act", act())
        except InputRequiredRoundsExceededError:
            assert era == "auto"
        else:
            assert result.is_error and "approval-required" in text_of(result)
    assert host.pages and all(page.mode == "url" for page in host.pages)
    assert asking.driver.sent == []
    assert next(iter(asking.gateway.approvals.book)).is_open


@both_eras
async def test_a_persons_yes_ends_the_call_that_waited(asking: House, era: str) -> None:
    host = Host("accept")
    secret = await asking.secret("coo", Role.AGENT, "anna")
    async with connected(asking, secret, era, elicitation_callback=host) as client:
        calling = asyncio.create_task(client.call_tool("act", act()))
        await until(lambda: host.pages)
        assert host.pages[0].url.startswith(asking.url + "/approvals/")
        await answer(asking, yes=True)
        result = await calling
    assert isinstance(result, CallToolResult) and not result.is_error, text_of(result)
    assert result.structured_content["status"] == "done"
    assert asking.driver.sent == [("lamp/brightness", 80)]


@both_eras
async def test_a_persons_no_ends_it_too(asking: House, era: str) -> None:
    host = Host("accept")
    secret = await asking.secret("coo", Role.AGENT, "anna")
    async with connected(asking, secret, era, elicitation_callback=host) as client:
        calling = asyncio.create_task(client.call_tool("act", act()))
        await until(lambda: host.pages)
        await answer(asking, yes=False)
        result = await calling
    assert result.is_error and "urn:hearth:problem:denied" in text_of(result)
    assert asking.driver.sent == []


async def test_a_host_that_will_not_show_the_page_is_told_the_reference(asking: House) -> None:
    secret = await asking.secret("coo", Role.AGENT, "anna")
    async with connected(asking, secret, "legacy", elicitation_callback=Host("decline")) as client:
        result = await client.call_tool("act", act())
    assert result.is_error and result.structured_content["type"].endswith(":approval-required")
    assert next(iter(asking.gateway.approvals.book)).is_open  # people are still asked


@both_eras
async def test_a_host_without_pages_is_told_the_reference_and_may_read_it(asking: House, era: str) -> None:
    secret = await asking.secret("coo", Role.AGENT, "anna")
    async with connected(asking, secret, era) as client:
        result = await client.call_tool("act", act())
        assert result.is_error
        reference = result.structured_content["uri"]
        shown = (await client.read_resource(reference)).contents[0]
    said = orjson.loads(shown.text)  # type: ignore[union-attr]
    assert said["id"] == result.structured_content["approval"]
    assert not {"digest", "code", "signature"} & said.keys()
    assert asking.driver.sent == []


async def test_a_sealed_state_is_good_for_its_token_and_its_call_alone(asking: House) -> None:
    await asking.secret("coo", Role.AGENT, "anna")
    _, other = await asking.gateway.identity.create_token(Principal("coo", Role.AGENT, acts_for="anna"))
    agent, sibling = await asking.agent(), asking.session({"Authorization": f"Bearer {other}"})

    async def call(client: Any, arguments: dict[str, Any], state: str | None = None) -> dict[str, Any]:
        body = modern("tools/call", {"name": "act", "arguments": arguments})
        body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = {"elicitation": {"url": {}}}
        if state is not None:
            accepted = {"approval": {"action": "accept"}}
            body["params"] |= {"requestState": state, "inputResponses": accepted}
        async with client.post("/mcp", json=body, headers=modern_headers("tools/call", "act")) as answered:
            found: dict[str, Any] = await answered.json()
            return found

    first = (await call(agent, act()))["result"]
    assert first["resultType"] == "input_required"
    state = first["requestState"]
    book = asking.gateway.approvals.book
    assert next(iter(book)).id not in state
    for client, arguments, sealed in (
        (sibling, act(), state),
        (agent, act(value=90), state),
        (agent, act(), state[:-4] + "AAAA"),
        (agent, act(), f'["{next(iter(book)).id}","x"]'),
    ):
        refused = await call(client, arguments, sealed)
        assert refused["error"]["code"] == -32602
    assert (await call(agent, act(), state))["result"]["resultType"] == "input_required"
    assert asking.driver.sent == [] and len(book) == 1
