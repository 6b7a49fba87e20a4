"""Both protocol eras by the library's own client: tools, errors, resources, subscriptions."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp_types import ResourceUpdatedNotification

from policies import Role
from tests.gateway.api.desk import House, lamp, lock
from tests.gateway.mcp.agents import ERAS, NEWEST, connected, text_of

both_eras = pytest.mark.parametrize("era", ERAS)


@both_eras
async def test_a_tool_answers_with_structure_and_text(house: House, era: str) -> None:
    async with connected(house, await house.secret("coo", Role.AGENT, "anna"), era) as client:
        told: list[tuple[float, str | None]] = []

        async def noted(progress: float, total: float | None, message: str | None) -> None:
            told.append((progress, message))

        result = await client.call_tool("echo", {"words": "hello", "times": 2}, progress_callback=noted)
        assert not result.is_error
        assert client.protocol_version == (NEWEST if era == "auto" else "2025-11-25")
        assert result.structured_content == {"said": "hello hello", "by": "coo"}
        assert text_of(result) == '{"said":"hello hello","by":"coo"}'
        assert told == [(0.5, "halfway")]
        assert client.instructions is not None and "untrusted" in client.instructions


@both_eras
async def test_tools_are_listed_by_the_rights_of_the_caller(house: House, era: str) -> None:
    for who, role, acts_for, shown in (("anna", Role.OWNER, "", True), ("coo", Role.AGENT, "anna", False)):
        async with connected(house, await house.secret(who, role, acts_for), era) as client:
            listed = await client.list_tools()
            assert ("owners" in {tool.name for tool in listed.tools}) is shown
            for name in ("owners", "nothing-like-it"):
                if name == "owners" and shown:
                    continue
                with pytest.raises(MCPError, match="there is no such tool, or none for you"):
                    await client.session.call_tool(name, {})
            if client.protocol_version == NEWEST:
                assert listed.ttl_ms == 30_000 and listed.cache_scope == "private"
    move = next(tool for tool in listed.tools if tool.name == "move")
    assert move.annotations is not None
    assert move.annotations.read_only_hint is False and move.annotations.destructive_hint is True
    assert move.annotations.open_world_hint is False
    assert move.input_schema["additionalProperties"] is False


@both_eras
async def test_a_refusal_is_a_result_that_says_what_would_be_allowed(house: House, era: str) -> None:
    async with connected(house, await house.secret("coo", Role.AGENT, "anna"), era) as client:
        result = await client.call_tool("refuse", {})
        assert result.is_error and result.structured_content["type"] == "urn:hearth:problem:policy"
        assert "The rules do not allow it: the target is above 22" in text_of(result)
        assert '"accepted":{"maximum":22}' in text_of(result)


@both_eras
async def test_wrong_arguments_are_named_each(house: House, era: str) -> None:
    async with connected(house, await house.secret("coo", Role.AGENT, "anna"), era) as client:
        result = await client.call_tool("echo", {"words": "", "times": 9, "loud": True})
        assert result.is_error
        wrong = {one["member"]: one for one in result.structured_content["wrong"]}
        assert set(wrong) == {"words", "times", "loud"}
        assert wrong["times"]["is_wrong"] == "Input should be less than or equal to 3"
        assert wrong["times"]["means"] == "How often."
        assert "Known members: times, words" in text_of(result)


@both_eras
async def test_a_fault_tells_nothing_of_itself(
    house: House, era: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(house, await house.secret("coo", Role.AGENT, "anna"), era) as client:
        result = await client.call_tool("break", {})
        assert result.is_error and "swordfish" not in text_of(result)
        assert "swordfish" in caplog.text
        with pytest.raises(MCPError, match="a fault in the gateway") as raised:
            await client.read_resource("hearth://things/broken")
        assert "swordfish" not in str(raised.value.error)


@both_eras
async def test_resources_are_read_and_the_forbidden_is_as_the_absent(house: House, era: str) -> None:
    await house.adopt(lamp(), lock())
    await house.known("lamp", "on", True)
    async with connected(house, await house.secret("anna", Role.OWNER), era) as client:
        listed = await client.list_resources()
        assert "hearth://things/lamp/on" in {one.uri for one in listed.resources}
        contents = (await client.read_resource("hearth://things/lamp/on")).contents
        assert [one.text for one in contents] == ["true"]  # type: ignore[union-attr]
        assert (await client.list_resource_templates()).resource_templates
    said = set()
    async with connected(house, await house.secret("guest", Role.GUEST), era) as client:
        for uri in ("hearth://things/door/state", "hearth://things/none/state"):
            with pytest.raises(MCPError) as raised:
                await client.read_resource(uri)
            said.add((raised.value.error.code, raised.value.error.message))
    assert len(said) == 1


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")  # what the older era has
async def test_a_session_is_told_what_changed(house: House) -> None:
    await house.adopt(lamp())
    told: asyncio.Queue[str] = asyncio.Queue()

    async def handle(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            told.put_nowait(message.params.uri)

    secret = await house.secret("anna", Role.OWNER)
    async with connected(house, secret, "legacy", message_handler=handle) as client, asyncio.timeout(5):
        for uri in ("hearth://things/lamp/on", "hearth://things/absent/on"):
            await client.subscribe_resource(uri)
        value, uri = False, ""
        while not uri:  # its client opens the stream in the background: before that nobody is told
            value = not value
            house.driver.report("lamp/on", value)
            with suppress(TimeoutError):
                uri = await asyncio.wait_for(told.get(), 0.1)
        assert uri == "hearth://things/lamp/on"
        await client.unsubscribe_resource("hearth://things/lamp/on")


async def test_a_listener_is_told_what_changed(house: House) -> None:
    await house.adopt(lamp())
    secret = await house.secret("anna", Role.OWNER)
    async with connected(house, secret, "auto") as client, asyncio.timeout(5):
        uris = ["hearth://things/lamp/on", "hearth://things/absent/on"]
        async with client.listen(resource_subscriptions=uris, resources_list_changed=True) as stream:
            assert stream.honored.resource_subscriptions == uris
            house.driver.report("lamp/on", True)
            event = await anext(aiter(stream))
            assert event == ResourceUpdated("hearth://things/lamp/on")
