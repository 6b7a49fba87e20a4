"""What is kept of a device in the vault: its key, its password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

import orjson

from drivers.driver import Asks
from drivers.esphome.wire.sealed import is_key

ASKS_KEY: Final = Asks(
    "key",
    "The key stands in the YAML of the device under api: encryption: key:, 32 bytes in base64. In Home Assistant it is shown"
    " where the device was added, and in the dashboard of ESPHome under Show API key.",
    "b3VyIGV4YW1wbGUga2V5LCBpdCBvcGVucyBub3RoaW4=",
)
ASKS_PASSWORD: Final = Asks(
    "password",
    "The password stands in the device's YAML under api: password:. Newer firmware has a key instead, which is safer.",
    "mypassword",
)
MAX_PASSWORD_CHARS: Final = 128


@dataclass(frozen=True, slots=True)
class Secret:
    """`is_lost`: there is one, and it cannot be read any more: until a person brings it anew, nobody is believed to be the
    device.
    """

    key: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    is_lost: bool = False

    def with_code(self, what: str, code: str) -> Secret:
        """With what a person brought. Raises `ValueError`, without the code in its text."""
        code = code.strip()
        if what == "password":
            if not 0 < len(code) <= MAX_PASSWORD_CHARS:
                raise ValueError(f"a password has 1 to {MAX_PASSWORD_CHARS} characters")
            return Secret(self.key, code)
        if not is_key(code):
            raise ValueError("a key is 32 bytes in base64: 44 characters, the last one an equals sign")
        return Secret(code, self.password)

    @classmethod
    def lost(cls) -> Self:
        return cls(is_lost=True)

    def encode(self) -> bytes:
        return orjson.dumps({"key": self.key, "password": self.password})


def decode(kept: bytes) -> Secret:
    """Raises `ValueError` for what this driver has not written."""
    told = orjson.loads(kept)
    key, password = (
        (told.get(name) for name in ("key", "password")) if isinstance(told, dict) else (None, None)
    )
    if not isinstance(key, str) or not isinstance(password, str) or (key and not is_key(key)):
        raise ValueError("this is no secret of an ESPHome device")
    return Secret(key, password)
