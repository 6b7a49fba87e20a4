"""The rule sets that ship: `household` (the root that a new household starts from) and `safety` (which narrows it); and
the cases that show what they decide.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

NAMES: Final = ("household", "safety")


def load(name: str) -> str:
    """The text of the shipped set `name`, for `policies.parse`. Raises KeyError with the known names."""
    if name not in NAMES:
        raise KeyError(f'no shipped rule set is called "{name}"; there are {", ".join(NAMES)}')
    return files(__name__).joinpath(f"{name}.toml").read_text("utf-8")


def cases() -> dict[str, str]:
    """The texts of the shipped case files, for `policies.cases.parse_cases`, by name."""
    folder = files(__name__).joinpath("cases")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return {one.name.removesuffix(".toml"): one.read_text("utf-8") for one in found}
