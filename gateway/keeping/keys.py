"""What opens a backup: a recovery key that the gateway made, or a passphrase that a person chose."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from gateway.keeping.errors import BackupError

KEY_FILE: Final = "backup.key"
"""In the state directory. What it opens lies beside it: it is no secret from whoever reads the disk."""

RECOVERY_BYTES: Final = 20
"""160 random bits: nobody guesses them, and they are 32 characters of base 32 without a remainder."""

_CHECK_CHARACTERS: Final = 4
_GROUP_CHARACTERS: Final = 4

SHORTEST_PASSPHRASE: Final = 12
"""Characters. Each guess costs scrypt's 64 MiB; what has fewer is in lists of words."""

SCRYPT_LOG2_N: Final = 16
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
"""64 MiB and 0.2 s (1 s on a small computer): RFC 7914, section 2, and what a box with 512 MiB has left."""

HIGHEST_LOG2_N: Final = 18
"""What a file may ask for when it is read: 256 MiB. The header is foreign until the first chunk has opened."""

_INFO: Final = b"hearth backup 1 recovery key"


class Kind(IntEnum):
    """How a backup's key is made of what a person has. Stands in the header."""

    PASSPHRASE = 1
    RECOVERY_KEY = 2


@dataclass(frozen=True, slots=True)
class Secret:
    """`of` is a passphrase in UTF-8, or the bytes of a recovery key."""

    kind: Kind
    of: bytes

    def __repr__(self) -> str:
        return f"Secret({self.kind.name})"


def passphrase(text: str) -> Secret:
    """Raises `BackupError` for one that is too short."""
    if len(text) < SHORTEST_PASSPHRASE:
        raise BackupError(
            f"a passphrase has {SHORTEST_PASSPHRASE} characters or more: take four or five words"
        )
    return Secret(Kind.PASSPHRASE, text.encode())


def recovery_key(text: str) -> Secret:
    """One as it was printed: case, spaces and hyphens do not matter. Raises `BackupError` for a slip of the pen."""
    plain = "".join(text.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    body, check = plain[:-_CHECK_CHARACTERS], plain[-_CHECK_CHARACTERS:]
    key = b""
    with suppress(ValueError):
        key = base64.b32decode(body)
    if len(key) != RECOVERY_BYTES or _check(key) != check:
        raise BackupError(
            "this is no recovery key: nine groups of four characters, as they were printed; look for a slip of the pen"
        )
    return Secret(Kind.RECOVERY_KEY, key)


def looks_like_recovery_key(text: str) -> bool:
    try:
        recovery_key(text)
    except BackupError:
        return False
    return True


def new_recovery_key() -> str:
    key = secrets.token_bytes(RECOVERY_BYTES)
    return in_groups(base64.b32encode(key).decode() + _check(key))


def in_groups(plain: str) -> str:
    return "-".join(plain[at : at + _GROUP_CHARACTERS] for at in range(0, len(plain), _GROUP_CHARACTERS))


def _check(key: bytes) -> str:
    return base64.b32encode(hashlib.sha256(key).digest()).decode()[:_CHECK_CHARACTERS]


def kept(state_dir: Path) -> Secret | None:
    """The recovery key that this box keeps; None without. Raises `BackupError` for one that cannot be read."""
    file = state_dir / KEY_FILE
    try:
        return recovery_key(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BackupError(f"{file} cannot be read: {error}") from error


def keep_new(state_dir: Path) -> str:
    """Makes a recovery key and keeps it; what to print, once. The one of before opens older backups only. Raises `OSError`."""
    text = new_recovery_key()
    file = state_dir / KEY_FILE
    fresh = file.with_name(f"{KEY_FILE}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
        if os.geteuid() == 0:
            owner = state_dir.stat()
            os.fchown(out.fileno(), owner.st_uid, owner.st_gid)
    fresh.replace(file)
    return text


def derived(secret: Secret, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    """The key of one backup, 32 bytes. Raises `BackupError` for parameters that ask for too much."""
    if secret.kind is Kind.RECOVERY_KEY:
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  (4 MB, and only here)
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        return HKDF(SHA256(), 32, salt, _INFO).derive(secret.of)
    if not (1 <= log2_n <= HIGHEST_LOG2_N and r == SCRYPT_R and p == SCRYPT_P):
        raise BackupError("this backup asks for more memory to try a passphrase than any Hearth wrote")
    most = 128 * r * 2**log2_n + 2**20
    return hashlib.scrypt(secret.of, salt=salt, n=2**log2_n, r=r, p=p, maxmem=most, dklen=32)
