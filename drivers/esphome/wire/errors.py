"""Why a device cannot be spoken with. Each text is a sentence for a person and holds nothing that is secret."""

from __future__ import annotations


class LinkError(Exception):
    """It does not work; trying again later may help."""


class Unreachable(LinkError):
    """Nobody answers there."""


class Garbled(LinkError):
    """What came is not the native API, or breaks its rules."""


class NeedsKey(LinkError):
    """It speaks only encrypted, and there is no key for it."""


class WrongKey(LinkError):
    """It is encrypted with another key."""


class NotEncrypted(LinkError):
    """There is a key for it, and it answers without encryption."""


class NeedsPassword(LinkError):
    """It wants a password (before ESPHome 2026.1), or another one."""


class LostSecret(LinkError):
    """It had a key or a password, which cannot be read any more."""


class AnotherDevice(LinkError):
    """Somebody else answers at its address."""
