"""Does the suite notice? Each planted bug is put into a module of the rules, and a quick part of the suite must fail on it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.at_length import at_length
from tests.policies.planted_bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
QUICK = (
    "test_second_reading", "test_clause_time", "test_clause_evidence", "test_asks_and_waivers", "test_decide",
    "test_obligations_and_sets", "test_when", "test_values", "test_parts", "test_open_asks",
    "test_unasked",
)  # fmt: skip
"""The one that finds most comes first."""

BOOKS = "8"
"""Random books for the second reading: enough to notice, quick enough for all bugs."""

SHARES = 8
TESTS_FAILED = 1
"""What pytest answers where a test failed; that no test could be loaded is another number, and no test of anything."""

NO_BUG = Bug("bounds.py", "nothing is changed", "", "")


def results(bugs: Sequence[Bug]) -> list[tuple[int, str]]:
    """For each bug how the quick tests ended, and what they said."""
    tests = [str(ROOT / "tests/policies" / f"{name}.py") for name in QUICK]
    ran = subprocess.run(
        [sys.executable, str(ROOT / "tests/policies/planted_run.py"), str(ROOT), *tests],
        input="\n".join(json.dumps(bug._asdict()) for bug in bugs) + "\n",
        env={"HEARTH_BOOKS": BOOKS, "PATH": "/usr/bin:/bin"}, cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(answers) == len(bugs)
    return [(answer["code"], answer["output"]) for answer in answers]


def test_without_a_bug_the_suite_passes() -> None:
    ((code, said),) = results([NO_BUG])
    assert code == 0, said


@pytest.mark.parametrize("bug", BUGS, ids=[f"{one.file}: {one.meaning}" for one in BUGS])
def test_a_planted_bug_stands_in_the_file(bug: Bug) -> None:
    found = (ROOT / "policies" / bug.file).read_text().count(bug.old)
    assert found == 1, f"{bug.file} has changed: bring the planted bug {bug.old!r} up to date"


@pytest.mark.parametrize("share", at_length(range(SHARES), here=[0]))
def test_each_planted_bug_is_found(share: int) -> None:
    bugs = BUGS[share::SHARES]
    missed = [
        f"{bug.file}: {bug.meaning} ({code})\n{said}"
        for bug, (code, said) in zip(bugs, results(bugs), strict=True)
        if code != TESTS_FAILED
    ]
    assert not missed, "\n".join(["not noticed:", *missed])
