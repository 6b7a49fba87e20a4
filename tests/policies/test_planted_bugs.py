"""Does the suite notice? Each planted bug is put into a copy of the package, and a quick part of the suite must fail on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policies.planted_bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
QUICK = (
    "test_clause_time", "test_clause_evidence", "test_asks_and_waivers", "test_obligations_and_sets", "test_decide",
    "test_values", "test_parts", "test_second_reading",
)  # fmt: skip
BOOKS = "12"
"""Random books for the second reading: enough to notice, quick enough for all bugs."""

LONGEST_RUN_S = 60


def suite(at: Path) -> subprocess.CompletedProcess[str]:
    """Runs the quick tests on the package `at/policies`."""
    ini = at / "pytest.ini"
    ini.write_text(f"[pytest]\npythonpath = {at} {ROOT}\nfilterwarnings = error\n")
    plugins = [
        word for name in ("cacheprovider", "xdist", "asyncio", "timeout") for word in ("-p", f"no:{name}")
    ]
    tests = [str(ROOT / "tests/policies" / f"{name}.py") for name in QUICK]
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-c", str(ini), "--rootdir", str(ROOT), "--import-mode=importlib",
         "--noconftest", "-x", "-q", "--tb=line", *plugins, *tests],
        cwd=at, env={"HEARTH_BOOKS": BOOKS, "PATH": "/usr/bin:/bin"}, timeout=LONGEST_RUN_S,
        text=True, capture_output=True, check=False,
    )  # fmt: skip


def copied(to: Path) -> Path:
    shutil.copytree(ROOT / "policies", to / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    return to / "policies"


def test_without_a_bug_the_suite_passes(tmp_path: Path) -> None:
    copied(tmp_path)
    found = suite(tmp_path)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("bug", BUGS, ids=[f"{one.file}: {one.meaning}" for one in BUGS])
def test_a_planted_bug_is_found(bug: Bug, tmp_path: Path) -> None:
    path = copied(tmp_path) / bug.file
    text = path.read_text()
    assert text.count(bug.old) == 1, f"{bug.file} has changed: bring the planted bug {bug.old!r} up to date"
    path.write_text(text.replace(bug.old, bug.new))
    found = suite(tmp_path)
    assert found.returncode == 1, f"not noticed: {bug.meaning}\n{found.stdout}{found.stderr}"
