"""What `hearth` prints of texts that devices and agents wrote: no line of it is theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from drivers.simulated.device import Attribute, Device, Part
from gateway.cli.main import cli
from tests.gateway.attacks.besieged import Siege, besieged

FORGED = "front-door  unlocked by the owner"
EVIL = f"Film\x1b]0;pwned\x07\x1b[31m\r\n{FORGED}\x00\u202e\u2066\u200b\u2028{chr(0xE0041)}\x9b2J{'x' * 100}"


def television() -> Device:
    """Its film's title, and its own, carry what terminals obey."""
    attributes = (Attribute("title", "string"), Attribute("on", "boolean", writable=True))
    part = Part("media", "media", attributes, ("play",), title=EVIL)
    return Device(
        "tv", f"tv {EVIL}", EVIL, [part], {"media": {"title": EVIL, "on": True}}, reaction_seconds=0.0
    )


async def printed(siege: Siege, *words: str) -> str:
    environment = {
        "HEARTH_SOCKET": str(siege.rig.gateway.config.socket),
        "HEARTH_TOKEN": "",
        "HEARTH_URL": "",
    }
    done = await asyncio.to_thread(CliRunner(env=environment).invoke, cli, words)
    assert done.exit_code in {0, 3, 4}, (words, done.output)
    return done.output


@pytest.mark.parametrize("adopt", ["ask", "all"])
async def test_a_title_that_forges_a_line_of_its_own(tmp_path: Path, adopt: str) -> None:
    async with besieged(tmp_path, [television()], adopt="ask") as siege:
        commands = [("inbox",), ("inbox", "--json")]
        if adopt == "all":
            anna, coo = await siege.owner(), await siege.agent()
            assert (await anna.ask("POST", "/inbox/simulated/tv/adopt", {"open": True})).status == 201
            (thing,) = siege.rig.gateway.registry
            await siege.rig.settle()
            assert (await coo.write(f"{thing.id}.on", False, Hearth_Purpose=quote(EVIL))).status == 204
            assert (await coo.ask("POST", "/tokens", {"title": EVIL[:90], "name": EVIL[:90]})).status == 201
            await siege.rig.gateway.ledger.flush()
            commands = [
                ("things",),
                ("show", thing.id),
                ("read", thing.id),
                ("read", thing.id, "title"),
                ("why", thing.id),
                ("why", thing.id, "title"),
                ("token", "list"),
                ("ledger", "tail"),
                ("policy", "explain", "--principal", "coo"),
            ]
        for words in commands:
            output = await printed(siege, *words)
            lines = output.split("\n")
            assert all(line.isprintable() for line in lines), (words, output)
            assert not any(line.startswith(FORGED) for line in lines), (words, output)
            assert max(map(len, lines)) < 2_000, words
