"""`hearth inbox`, `adopt --kind` and `kind`, at a gateway."""

from __future__ import annotations

import json

from gateway.cli.exits import Exit
from tests.gateway.api.desk import House
from tests.gateway.labels.relays import candidate, found, hearth, relay


async def test_the_inbox_shows_the_command_to_type(house: House) -> None:
    await found(house, candidate(relay(title="Ceiling lamp")))
    ran = await hearth(house, "inbox")
    assert "switch?" in ran.output
    assert (
        "relay: taken for a switch until somebody says what it feeds (hazard 2: it may do damage); its name says light"
        in ran.output
    )
    assert "  → hearth adopt relay --kind light" in ran.output
    ran = await hearth(house, "adopt", "relay", "--kind", "light")
    assert (ran.exit_code, "the Thing relay, a light" in ran.output) == (0, True)
    assert "hearth kind" not in ran.output


async def test_several_are_named(house: House) -> None:
    await found(house, candidate(relay(), relay("usb", "USB socket", "")))
    ran = await hearth(house, "inbox")
    assert "  → hearth adopt relay --kind relay=light --kind 'USB socket=switch'" in ran.output
    ran = await hearth(house, "adopt", "relay", "--kind", "fan")
    assert (ran.exit_code, "say which component: relay, USB socket" in ran.output) == (int(Exit.USAGE), True)
    ran = await hearth(house, "adopt", "relay", "--kind", "relay=light")
    assert "  → hearth kind relay switch" in ran.output
    listed = await hearth(house, "kind", "relay")
    assert "relay: light, said by a person (announced: switch)" in listed.output
    assert "USB socket: switch?" in listed.output


async def test_a_kind_is_given_asked_about_and_undone(house: House) -> None:
    await found(house, candidate(relay()))
    await hearth(house, "adopt", "relay", "--open")
    for words in (("things",), ("show", "relay"), ("doctor",)):
        ran = await hearth(house, *words)
        assert "hearth kind relay" in ran.output
    ran = await hearth(house, "kind", "relay", "lihgt")
    assert (ran.exit_code, "there is no kind 'lihgt' (did you mean light?)" in ran.output) == (
        int(Exit.USAGE),
        True,
    )
    ran = await hearth(house, "kind", "relay", "light")
    assert ran.exit_code == int(Exit.REFUSED)
    assert "agents" in ran.output
    ran = await hearth(house, "kind", "relay", "light", "--yes")
    assert (ran.exit_code, "relay: Relay, a light, in no room" in ran.output) == (0, True)
    ran = await hearth(house, "ledger", "tail")
    assert "kind of relay as announced → light" in ran.output
    ran = await hearth(house, "kind", "relay", "--undo", "--json")
    assert json.loads(ran.output)["kind"] == "switch"


async def test_what_was_waved_away(house: House) -> None:
    await found(house, candidate(relay()))
    assert "hearth inbox --restore relay" in (await hearth(house, "inbox", "--ignore", "relay")).output
    assert "the inbox is empty" in (await hearth(house, "inbox")).output
    assert "relay" in (await hearth(house, "inbox", "--ignored")).output
    assert "in the inbox again" in (await hearth(house, "inbox", "--restore", "relay")).output
    assert "relay" in (await hearth(house, "inbox")).output
