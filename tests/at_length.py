"""What takes long is done in part by `make test`, and wholly by `make test-peers`."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from _pytest.mark.structures import ParameterSet


def at_length(values: Iterable[object], here: Iterable[object]) -> list[ParameterSet]:
    """Parameters for a test: those of `here` run always, the others with the heavy peers."""
    always = list(here)
    return [pytest.param(one, marks=() if one in always else pytest.mark.peers) for one in values]
