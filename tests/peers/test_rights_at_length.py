"""Five thousand requests at random, of everybody, over every route and tool: none tells or does more than its rights give."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.rights.examining import Examiner
from tests.gateway.rights.planted import planted

EXAMPLES = 1_000

pytestmark = [pytest.mark.peers, pytest.mark.timeout(120)]


@pytest.mark.parametrize("seed", range(2, 7))
async def test_nobody_gets_more_at_length(tmp_path: Path, seed: int) -> None:
    async with planted(tmp_path) as made:
        await Examiner(made, seed).examine(EXAMPLES)
