"""The endpoint's half of the bridge: its own tests, built by gcc with its sanitizers, and what it says of itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import orjson
import pytest

from capabilities.thing_models import contract
from tests.firmware_bridge_build import BRIDGE, Endpoint, acts, built
from tests.firmware_bridge_line import CHANGED, CONTENT, GET, POST, PUT, Client, NoAnswer

FRAMES = 100_000


def test_its_own_tests_and_the_golden_vectors() -> None:
    done = subprocess.run(
        [built("test-gcc"), BRIDGE / "vectors"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(" checks, 0 failed\n")


def test_of_many_corrupted_frames_none_is_accepted() -> None:
    done = subprocess.run([built("corrupted"), str(FRAMES)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{FRAMES} corrupted frames: 0 accepted; {FRAMES} sound ones after them" in done.stdout


@pytest.mark.parametrize("example", ["relay", "climate"])
def test_the_examples_descriptions_name_what_there_is(example: str) -> None:
    td = orjson.loads((BRIDGE / "vectors" / f"{example}.td.jsonld").read_bytes())
    assert td["id"].startswith("urn:dev:")
    assert td["hearth:link"]["lostAfter"] >= 3 * td["hearth:link"]["keepAlive"]
    seen = set()
    for role, group in (("property", "properties"), ("action", "actions")):
        for name, affordance in td[group].items():
            kind, _, of = affordance["hearth:capability"].partition(".")
            known = contract(kind).affordances[of]
            assert known.role == role, f"{name} is not a {role} in {kind}"
            seen.add((kind, affordance.get("hearth:component"), of))
            assert all(form["href"] == f"/{name}" for form in affordance["forms"])
    assert len(seen) == len(td["properties"]) + len(td["actions"]), "two have the same place"


def test_over_a_line_it_describes_itself_acts_and_tells() -> None:
    with Endpoint("relay") as relay, Client(relay.where) as client:
        td = client.whole(".well-known/wot")
        golden = (BRIDGE / "vectors" / "relay.td.jsonld").read_bytes()
        assert td == golden.replace(b"32473-bench", b"32473-relay-1")
        assert b'rt="wot.thing"' in client.whole(".well-known/core")
        assert client.ask(GET, "interlock_closed", b"", (6, b""))[:2] == (CONTENT, b"true")
        assert client.ask(PUT, "on", b"true")[0] == CHANGED
        relay.say("interlock 0")
        client.listen(10)
        assert client.notifications == [b"false"]
        assert client.ask(GET, "reason")[1] == b'"interlock"'
        assert client.ask(PUT, "on", b"true")[0] == 0x83


def test_a_restart_is_noticed_and_what_was_meant_for_before_is_not_done() -> None:
    with Endpoint("relay") as relay, Client(relay.where) as client:
        epoch = bytes.fromhex(client.ask(GET, "hearth/link")[1].decode())
        assert client.ask(PUT, "on", b"true", (1, epoch))[0] == CHANGED
        relay.say("restart")
        assert client.ask(PUT, "on", b"true", (1, epoch))[0] == 0x8C
        assert client.ask(GET, "on")[1] == b"false"
        assert bytes.fromhex(client.ask(GET, "hearth/link")[1].decode())[:4] != epoch[:4]


def test_noise_loss_and_a_pulled_cable_do_nothing_wrong_and_nothing_twice(tmp_path: Path) -> None:
    log, link = tmp_path / "log", tmp_path / "tty"
    confirmed, doubtful = [], []
    with Endpoint(
        "relay", "--log", str(log), "--link", str(link), "--damage", "0.01", "--drop", "0.05"
    ) as relay:
        for part in range(3):
            with Client(str(link)) as client:
                for value in range(part * 100 + 1, part * 100 + 16):
                    try:
                        assert client.ask(PUT, "max_on", str(value).encode())[0] == CHANGED
                        confirmed.append(("max_on", value))
                    except (NoAnswer, OSError):
                        doubtful.append(("max_on", value))
            relay.say("pull")
            relay.say("plug")
        damaged = relay.state()["damaged_bytes"]
    done = acts(log)
    assert damaged > 0
    assert len(done) == len(set(done)), "something was done twice"
    assert set(confirmed) <= set(done) <= {*confirmed, *doubtful}
    assert done == sorted(done)


def test_what_it_is_told_twice_it_does_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        Endpoint("relay", "--log", str(log), "--drop", "0.3", "--seed", "7") as relay,
        Client(relay.where) as client,
    ):
        for seconds in range(1, 11):
            client.ask(PUT, "max_on", str(seconds).encode())
        client.ask(POST, "identify")
        assert client.sent > 11, "nothing was lost: the test tells nothing"
        assert relay.state()["duplicates"] > 0
    assert acts(log) == [*(("max_on", one) for one in range(1, 11)), ("identify", 2000)]


@pytest.mark.parametrize("options", [(), ("--keep",)])
def test_it_says_that_it_ends_with_its_input_and_how_to_keep_it(options: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [built("hearth-endpoint"), *options, "relay"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline().startswith("ready pty ")
        if options:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.2)
            process.terminate()
        said = process.stderr.read()
        assert process.wait(timeout=10) == 0
    assert said == (
        ""
        if options
        else "hearth-endpoint: standard input has ended, and so does this; with --keep it goes on without it\n"
    )
