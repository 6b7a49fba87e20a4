"""The setup code: eight digits, of which some are too plain to be one.

Source: HomeKit Accessory Protocol Specification R2, 4.2.1 (setup code), 4.2.1.3 (invalid setup codes).
"""

from __future__ import annotations

import re
from typing import Final

from drivers.driver import Asks, Rejected

ASKS: Final = Asks(
    "pin",
    "eight digits on the accessory, its box or its manual, often beside a small house and a QR code; or on its display",
    "123-45-678",
)

_FORM: Final = re.compile(r"(\d{3})-?(\d{2})-?(\d{3})", re.ASCII)
FORBIDDEN: Final = frozenset({*(digit * 8 for digit in "0123456789"), "12345678", "87654321"})


def setup_code(text: str) -> str:
    """As it goes into pairing (`123-45-678`). Raises `Rejected`, without the code in its text."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise Rejected(
            "a setup code has eight digits, written like 123-45-678: look on the accessory or its manual"
        )
    if "".join(found.groups()) in FORBIDDEN:
        raise Rejected(
            "no accessory may have this setup code, it is too plain: look again on the accessory or its manual"
        )
    return "-".join(found.groups())
