"""What backups and restoring raise."""

from __future__ import annotations


class BackupError(Exception):
    """A backup could not be made, read or restored. The text says why, and what to do."""


class WrongKeyError(BackupError):
    """The key does not open this backup, or its very beginning was changed."""


class DamagedError(BackupError):
    """The backup was changed, cut off, or is none."""
