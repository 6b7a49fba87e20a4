"""Tests that look at something which is made once and takes long run one after the other in one worker (a pytest plugin).

Which: those of a file that uses the running demonstration, or is marked as an `xdist_group`. The runner's own groups come to
nothing with pytest 9.2, whose tests have ids that cannot be changed any more.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_SHARES = re.compile(r"^from tests\.house import .*\bHouse\b|^pytestmark = .*\bxdist_group\(", re.MULTILINE)
_TESTS = Path(__file__).parent


@cache
def _shares(file: str) -> bool:
    return _SHARES.search((_TESTS.parent / file).read_text()) is not None


class Together(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if _shares(file) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None
