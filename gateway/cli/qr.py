"""A link as a picture in the terminal, for a phone's camera."""

from __future__ import annotations

import io
import sys
from typing import Final

WHITE_ON_BLACK: Final = "\x1b[97;40m"
PLAIN: Final = "\x1b[0m"


def drawn(text: str) -> str | None:
    """In half blocks, dark on light whatever the terminal's colours: not every camera reads it the other way round. None where
    segno is not installed.
    """
    try:
        import segno  # noqa: PLC0415  (11 MiB, and only here)
    except ImportError:
        return None
    out = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out, compact=True, border=2)
    return "\n".join(f"{WHITE_ON_BLACK}{line}{PLAIN}" for line in out.getvalue().splitlines() if line)


if __name__ == "__main__":  # the text comes through a pipe: arguments can be read by everybody
    sys.stdout.write(drawn(sys.stdin.read()) or "")
