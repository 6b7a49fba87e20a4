"""A link as a picture in the terminal, for a phone's camera."""

from __future__ import annotations

import io


def drawn(text: str) -> str | None:
    """In half blocks, dark on light whatever the terminal's colours. None where segno is not installed."""
    try:
        import segno  # noqa: PLC0415  (11 MiB, and only here)
    except ImportError:
        return None
    out = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out, compact=True, border=2)
    return out.getvalue().rstrip("\n")
