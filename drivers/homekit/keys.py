"""The keys of one pairing, as they lie in the vault."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Self

import orjson

VERSION = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """`accessory_id` is as the accessory writes it; all keys are Ed25519, in hexadecimal digits."""

    accessory_id: str
    accessory_public: str = field(repr=False)
    controller_id: str = field(repr=False)
    controller_secret: str = field(repr=False)
    controller_public: str = field(repr=False)

    @classmethod
    def made(cls, by_setup: dict[str, str]) -> Self:
        """Out of what aiohomekit's pair-setup gives."""
        return cls(
            by_setup["AccessoryPairingID"],
            by_setup["AccessoryLTPK"],
            by_setup["iOSPairingId"],
            by_setup["iOSDeviceLTSK"],
            by_setup["iOSDeviceLTPK"],
        )

    def for_verify(self) -> dict[str, str]:
        """As aiohomekit's pair-verify wants it."""
        return {
            "AccessoryPairingID": self.accessory_id,
            "AccessoryLTPK": self.accessory_public,
            "iOSPairingId": self.controller_id,
            "iOSDeviceLTSK": self.controller_secret,
            "iOSDeviceLTPK": self.controller_public,
        }

    def encode(self) -> bytes:
        return orjson.dumps({"version": VERSION, **asdict(self)})

    @classmethod
    def decode(cls, stored: bytes) -> Self:
        """Raises `ValueError`, without what was stored in its text."""
        try:
            raw = orjson.loads(stored)
            if raw.pop("version") != VERSION or not all(isinstance(value, str) for value in raw.values()):
                raise ValueError
            return cls(**raw)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError("the keys of a pairing cannot be read") from None
