"""What a gateway answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def replayed(self) -> bool:
        """Whether it is the answer of an earlier request with the same Idempotency-Key."""
        return self.headers.get("idempotent-replayed") == "true"
