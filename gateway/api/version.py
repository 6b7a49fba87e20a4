"""Which Hearth this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """As it is installed."""
    try:
        return installed("hearth-gateway")
    except PackageNotFoundError:
        return "unknown"
