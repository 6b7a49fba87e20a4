"""The rule sets that ship: `household` (the root that a new household starts from) and `safety` (which narrows it)."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

NAMES: Final = ("household", "safety")


def load(name: str) -> str:
    """The text of the shipped set `name`, for `policies.parse`. Raises KeyError with the known names."""
    if name not in NAMES:
        raise KeyError(f'no shipped rule set is called "{name}"; there are {", ".join(NAMES)}')
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")
