"""schemathesis over the whole description, against a running gateway with simulated devices: whatever the description allows is
taken, whatever it excludes is refused, and every answer is one that it has.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.house import House, hearth
from tests.peers.many_strangers import relayed

pytestmark = pytest.mark.peers

COMMAND = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
RUN_S = 110.0

STREAMS = "^/events|/observe$|/next$|recording$|^/recordings/"
"""They answer as long as somebody looks: no client that waits for the end of an answer can try them."""

ENDS_THE_TOKEN = ("tokens_revoke", "logout_logout", "panic_press")
"""What would end the very token that asks, and so try nothing after it: tried last, each alone."""

MORE_THAN_A_SCHEMA = {
    "properties_write": "each property has its own type, which its description tells",
    "properties_write_several": "the same",
    "actions_invoke": "each action has its own input",
    "labels_change": "there must be something to change",
    "plans_handlers_prepare": "plans have a JSON Schema of their own, and steps that fit each other",
    "plans_handlers_commit": "the digest may stand in a header",
    "messages_post": "messages have JSON Schemas of their own",
    "leases_claim": "a span of time is a language of its own",
    "leases_renew": "the same",
    "leases_accept": "it may be held already",
    "waivers_give": "limits have names, and a waiver an end",
    "notify_test": "channels have names",
    "pairing_redeem": "a key is a point on a curve",
    "pairing_open": "what a guest is handed has an end that is not past",
    "tokens_create": "an end is not past",
    "delegations_create": "an end is not past, and software's is within a day",
    "policies_explain": "persons have names",
    "contracts_make": "contracts name properties, and say what they are for",
    "contracts_accept": "what is left out is named by its number",
    "track_record_show": "a time has a language of its own",
    "contracts_release": "a reader is named",
    "contracts_context": "layers have names",
    "history_all": "a time has a language of its own; what a table takes is for a table",
    "history_one": "the same",
    "push_subscribe": "an endpoint is the address of a push service",
    "push_prefer": "quiet hours are times of day",
    "rule_sets_save": "rules are a language of their own",
    "rule_sets_remove": "what is taken away has no text",
    "agents_answer": "a mandate has a language of its own",
}
"""Operations whose 400 may come for what the schema allows, and why."""

CONFIGURATION = """
seed = 1
color = false
continue-on-failure = true
[generation]
deterministic = true
database = "none"
with-security-parameters = false
[parameters]
"path.thing" = "desk-lamp"
"path.name" = "brightness"
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "502", "503", "504"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "429", "5xx"]
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "413", "422", "429", "5xx"]
[[operations]]
include-operation-id = {more}
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "413", "422", "429", "5xx"]
"""


@pytest.mark.skipif(COMMAND is None, reason="schemathesis is not installed: pip install schemathesis")
@pytest.mark.parametrize(
    ("role", "examples", "phases"), [("owner", 6, "coverage,fuzzing,stateful"), ("agent", 4, "fuzzing")]
)
async def test_the_description_is_true(
    house: House, tmp_path: Path, role: str, examples: int, phases: str
) -> None:
    token = _token(house, role)
    leave_out = [word for name in ENDS_THE_TOKEN for word in ("--exclude-operation-id", name)]
    await _run(
        house, tmp_path, token, examples, "--phases", phases, "--exclude-path-regex", STREAMS, *leave_out
    )


@pytest.mark.skipif(COMMAND is None, reason="schemathesis is not installed: pip install schemathesis")
@pytest.mark.parametrize("name", ENDS_THE_TOKEN)
async def test_what_ends_a_token_is_described_too(house: House, tmp_path: Path, name: str) -> None:
    await _run(house, tmp_path, _token(house, "owner"), 5, "--include-operation-id", name)


def _token(house: House, role: str) -> str:
    more = ("--for", "owner") if role == "agent" else ()
    made = hearth(house.box, "token", "create", f"Tester {role}", "--role", role, *more, "--json")
    assert made.code == 0, made.err
    return str(made.json["secret"])


async def _run(house: House, folder: Path, token: str, examples: int, *words: str) -> None:
    port = urlsplit(house.url).port
    assert port is not None
    assert COMMAND is not None
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.replace("{more}", json.dumps([*MORE_THAN_A_SCHEMA])))
    async with relayed(port) as door:
        process = await asyncio.create_subprocess_exec(
            *(COMMAND, "--config-file", str(configuration), "run", f"http://127.0.0.1:{door}/openapi.json"),
            *("--header", f"Authorization: Bearer {token}", "--header", "Connection: close"),
            *("--checks", "all", "--max-examples", str(examples), *words),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=folder,
        )
        try:
            async with asyncio.timeout(RUN_S):
                said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    text = said.decode(errors="replace")
    assert process.returncode == 0, text[-12_000:]
