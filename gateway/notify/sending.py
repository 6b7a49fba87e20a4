"""What every way of sending has in common: the document that goes out, and the one error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

import orjson

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.notify.notice import Notice

DELIVERY_S: Final = 15.0
"""One delivery may take so long. Standard Webhooks recommends 15 to 30 s."""

LONGEST_REASON: Final = 200
"""Characters of what the other side says about a failure."""


class Undelivered(Exception):
    """It did not arrive, as far as is known. `remedy`: what a person can do. `hopeless`: this notice will never be taken.
    `after`: seconds that the other side wants to be left alone. `status`: that of HTTP; 0 where nobody answered.
    """

    def __init__(
        self, text: str, remedy: str = "", *, hopeless: bool = False, after: float = 0.0, status: int = 0
    ) -> None:
        super().__init__(one_line(text, LONGEST_REASON))
        self.status = status
        self.remedy = remedy
        self.hopeless = hopeless
        self.after = after


class Sender(Protocol):
    """One kind of channel."""

    @property
    def where(self) -> str:
        """Where it sends to, in words, without anything secret."""

    async def send(self, notice: Notice) -> str:
        """Delivers, and says how it was taken. Raises `Undelivered`."""


Link = Callable[[str], str]
"""A notice's `ref` → the address at which a phone in the house opens it; "" where there is none."""


def document(notice: Notice, link: Link) -> dict[str, Json]:
    """What webhooks, MQTT and commands are given; `notice.schema.json` says what the members mean."""
    data = notice.document() | {"thing": notice.about.thing or None, "name": notice.about.affordance or None}
    if url := link(notice.ref):
        data["url"] = url
    at = datetime.fromtimestamp(notice.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": f"notice.{notice.kind}", "timestamp": at, "data": data}


def encoded(notice: Notice, link: Link) -> bytes:
    return orjson.dumps(document(notice, link))
