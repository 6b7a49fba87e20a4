"""What this gateway and its Things are called in the world: ids that no other installation has.

In this house a Thing's id is a short word (`desk-lamp`). In descriptions it is `urn:hearth:<installation>:desk-lamp`, and the
gateway itself, which is the directory of them, `urn:hearth:<installation>`. The installation is random, made once and kept with
the house's other settings: it survives restarts, and a house that is restored from a backup is the same house.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from gateway.storage import SettingsRepository

URN: Final = "urn:hearth:"

_KEY: Final = "installation"
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_CHARACTERS: Final = 13
"""65 random bits: that two of a million gateways share one has a chance of 1 in 70 million."""

_INSTALLATION: Final = re.compile(f"[{_ALPHABET}]{{{_CHARACTERS}}}")


class Names:
    """`installation` is 13 characters of base 32."""

    __slots__ = ("_own", "directory", "installation")

    def __init__(self, installation: str) -> None:
        self.installation = installation
        self.directory = URN + installation
        self._own = f"{self.directory}:"

    def urn(self, thing: str) -> str:
        """The id of a Thing in the world."""
        return self._own + thing

    def plain(self, name: str) -> str:
        """A Thing's id in this house: both names lead to it, and `urn:hearth:<thing>` does as well. What is called after
        another installation stays as it is, and so leads nowhere.
        """
        if not name.startswith(URN):
            return name
        if name.startswith(self._own):
            return name[len(self._own) :]
        short = name[len(URN) :]
        return name if ":" in short else short

    def are_of(self, identity: str) -> bool:
        """Whether it is this gateway's own id, or one of its Things'."""
        return identity == self.directory or identity.startswith(self._own)


def new_installation() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))


async def names_of(settings: SettingsRepository) -> Names:
    """Those of the installation, which is made at the first start. Raises `sqlite3.Error`."""
    known = await settings.get(_KEY)
    if not isinstance(known, str) or not _INSTALLATION.fullmatch(known):
        known = new_installation()
        await settings.set(_KEY, known)
    return Names(known)
