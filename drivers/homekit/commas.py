"""Commas too many in JSON, before `}` and `]`: iOS overlooks them, so there are accessories that send them."""

from __future__ import annotations

import re
from typing import Final

_COMMA: Final = re.compile(
    rb'("(?:[^"\\]++|\\.)*+(?:"|\\?\Z))'  # a string stays as it is; so does one that never ends, which is looked at once
    rb"|,(?=\s*+[}\]])",
    re.DOTALL,
)


def without_commas_too_many(text: bytes) -> bytes:
    """In time that grows with the length of the text and no faster, whatever is in it."""
    return _COMMA.sub(rb"\1", text)
