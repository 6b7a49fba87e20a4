"""What 48 real device models become, line by line, as a person has read it."""

from __future__ import annotations

from difflib import unified_diff
from typing import Final

import pytest

from tests.drivers.mqtt.golden.write import GOLDEN, SAMPLE, golden

MAX_DIFF_LINES: Final = 80

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of announcements is not here")


def test_the_golden_file_is_what_the_models_become() -> None:
    kept, now = GOLDEN.read_text(encoding="utf-8").splitlines(), golden().splitlines()
    diff = list(unified_diff(kept, now, "as it was read", "as it is", lineterm="", n=2))
    shown = "\n".join(diff[:MAX_DIFF_LINES])
    hidden = f"\n… and {len(diff) - MAX_DIFF_LINES} lines more" if len(diff) > MAX_DIFF_LINES else ""
    assert not diff, (
        f"\n{shown}{hidden}\nIf each line is right: python tests/drivers/mqtt/golden/write.py, and read it."
    )


def test_it_is_the_same_every_time() -> None:
    assert golden() == golden()
