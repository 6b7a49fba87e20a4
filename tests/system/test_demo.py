"""`hearth demo` as somebody new meets it: in an empty home, as printed, and gone afterwards."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gateway.cli.exits import Exit
from tests.house import HEARTH, Ran, hearth

pytestmark = pytest.mark.xdist_group("demo")  # what they look at is made once, and takes long

READY_S = 10.0
"""From the command to the welcome."""

PATIENCE_S = 40.0

AS_THE_AGENT = {
    "hearth write desk-lamp": (Exit.DONE, "confirmed: desk-lamp brightness is 40 %"),
    "hearth write thermostat": (Exit.REFUSED, "household/agents-heat-within-reason"),
}
"""What the lines of the welcome end with, and say."""

WAITS = "hearth write hallway-outlet"
"""The one that waits for a person."""


class Demo:
    """A demonstration with a home and a folder for temporary files of its own."""

    def __init__(self, directory: Path) -> None:
        self.temporary = directory / "tmp"
        self.home = directory / "home"
        self.runtime = directory / "run"
        for folder in (self.temporary, self.home, self.runtime):
            folder.mkdir(mode=0o700)
        self.environ = {
            "PATH": f"{Path(HEARTH).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "XDG_RUNTIME_DIR": str(
                self.runtime
            ),  # as a login makes it; a gateway of the system may run on this machine
            "LANG": "C.UTF-8",
        }
        began = time.monotonic()
        self.process = subprocess.Popen(
            [HEARTH, "demo", "--port", "0"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.welcome = self._read_until("Ctrl-C ends it")
        self.ready_s = time.monotonic() - began

    def run(self, line: str, **environ: str) -> Ran:
        """A line as printed."""
        program, *words = shlex.split(line)
        assert program == "hearth"
        return hearth({**self.environ, **environ}, *words)

    def until_asked(self) -> None:
        """Until a person has something to answer."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.run("hearth approvals --json").json["to_answer"]:
            assert time.monotonic() < deadline

    def printed(self, pattern: str) -> str:
        found = re.search(pattern, self.welcome)
        assert found, self.welcome
        return found[1]

    def end(self) -> str:
        """Ctrl-C in its terminal; what it says last."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE_S)
        return rest.decode()

    def _read_until(self, word: str) -> str:
        assert self.process.stdout is not None
        text, deadline = b"", time.monotonic() + PATIENCE_S
        while word.encode() not in text:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            assert chunk, f"it did not start; it said: {text.decode()}"
            text += chunk
        return text.decode()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("demo"))
    yield demo
    if demo.process.poll() is None:
        demo.end()


def test_it_is_ready_in_time_and_prints_what_is_needed(demo: Demo) -> None:
    assert demo.ready_s < READY_S
    assert "with 14 Things" in demo.welcome
    assert demo.printed(r"Address +(http://127\.0\.0\.1:\d+)\n")
    assert demo.printed(r"Agent's token (hearth_[\w-]{40,})\n")
    assert demo.printed(r"Owner's code +([0-9A-Z]{4}-[0-9A-Z]{4})\n")


def test_the_readme_s_next_lines_work_as_printed(demo: Demo) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    block = readme.partition("In a second terminal")[2].partition("```sh\n")[2].partition("```")[0]
    lines = [line for line in block.splitlines() if line.startswith("hearth ")]
    assert [line.split()[1] for line in lines] == ["things", "do", "why", "ledger"]
    said = {line.split()[1]: demo.run(line.partition("  #")[0]) for line in lines}
    assert {name: ran.code for name, ran in said.items()} == dict.fromkeys(said, 0), said
    assert "desk-lamp" in said["things"].out
    assert said["do"].out.startswith("confirmed: desk-lamp ")
    assert "time to read" in said["why"].out
    assert "time to read" in said["ledger"].out


def test_the_welcome_s_lines_work_as_printed(demo: Demo) -> None:
    as_the_box, as_the_agent, the_answer = re.split(r"\n(?=In (?:a third|the second) terminal)", demo.welcome)
    assert {demo.run(line).code for line in lines_of(as_the_box)} == {Exit.DONE}
    agent = dict(re.findall(r"export (\w+)=(\S+)", as_the_agent))
    assert agent["HEARTH_TOKEN"] == demo.printed(r"(hearth_[\w-]+)")
    *done, waits = lines_of(as_the_agent)
    assert {" ".join(line.split()[:3]) for line in done} == set(AS_THE_AGENT)
    for line in done:
        (code, says), ran = AS_THE_AGENT[" ".join(line.split()[:3])], demo.run(line, **agent)
        assert ran.code == code, f"{line}: {ran}"
        assert says in (ran.err if code else ran.out), f"{line}: {ran}"
    assert waits.startswith(WAITS)
    command = [HEARTH, *shlex.split(waits)[1:]]
    with subprocess.Popen(command, env=demo.environ | agent, stdout=subprocess.PIPE, text=True) as asking:
        demo.until_asked()
        assert [demo.run(line).code for line in lines_of(the_answer)] == [Exit.DONE, Exit.DONE]
        said, _ = asking.communicate(timeout=PATIENCE_S)
    assert asking.returncode == Exit.DONE
    assert said.startswith("confirmed: hallway-outlet on is false")


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("hearth ")]


def test_the_readme_says_what_the_agent_s_lines_end_with(demo: Demo) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    block = readme.partition("In a third terminal")[2].partition("```sh\n")[2].partition("```")[0]
    lines = [line.partition("  #") for line in block.splitlines() if line.startswith("hearth ")]
    told = {" ".join(line.split()[:3]): comment for line, _, comment in lines}
    assert {
        name: int(comment.rpartition("exit code ")[2]) for name, comment in told.items() if name != WAITS
    } == {name: code for name, (code, _) in AS_THE_AGENT.items()}
    assert told[WAITS].strip() == "waits for a person's yes"
    assert all(line.strip() in demo.welcome for line, _, _ in lines)


def test_ctrl_c_leaves_nothing_behind(demo: Demo) -> None:
    family = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(family) >= 2, "a broker and a house"
    assert list(demo.temporary.iterdir())
    said = demo.end()
    assert demo.process.returncode == 0
    assert said.strip() == "Stopped; nothing was left behind."
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive
    for folder in (demo.temporary, demo.home, demo.runtime):
        assert not list(folder.rglob("*"))
