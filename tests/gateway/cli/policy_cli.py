"""What the tests of `hearth policy` share: a command that is run, a gateway that it finds, an editor."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner, Result

from gateway.cli.main import cli
from policies import defaults

SHIPPED = defaults.load("household")
OWN = 'format = 1\n[[allow]]\nid = "all"\nwho = ["adult", "agent"]\nmay = ["*"]\nsee = ["*"]\nwhy = "All"\n'
LIMIT = '[[limit]]\nid = "dim"\non = ["light.brightness"]\nvalue = { max = 40 }\nwhy = "No glare"\n'


def run(*words: str, keys: str = "") -> Result:
    return CliRunner().invoke(cli, ["policy", *words], input=keys)


async def ask(*words: str, keys: str = "") -> Result:
    async with asyncio.timeout(20):
        return await asyncio.to_thread(run, *words, keys=keys)


def editor(folder: Path, old: str, new: str) -> str:
    """A program that replaces text in the file that it is given."""
    script = folder / "editor.py"
    script.write_text(
        f"import pathlib, sys\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text().replace({old!r}, {new!r}))\n"
    )
    return f"python3 {script}"
