"""The key of this user: made when they pair, kept beside the token, and what it signs. Formats: `gateway.approvals.keys`."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

CONTEXT: Final = b"hearth approval answer 1\n"


def new_key() -> tuple[str, dict[str, Json]]:
    """A private key as it is kept (base64url), and its public part as a JWK."""
    from nacl.signing import SigningKey  # noqa: PLC0415 (only for who answers)

    key = SigningKey.generate()
    return _text(bytes(key)), {"kty": "OKP", "crv": "Ed25519", "x": _text(bytes(key.verify_key))}


def signed(key: str, approval: str, answer: dict[str, Json]) -> dict[str, Json]:
    """`answer` with its time and the signature by `key`, as it is sent."""
    from nacl.signing import SigningKey  # noqa: PLC0415

    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    body = {**answer, "at": now}
    signer = SigningKey(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    return body | {"signature": _text(signer.sign(to_sign(approval, body)).signature)}


def to_sign(approval: str, answer: dict[str, Json]) -> bytes:
    """RFC 8785 for what answers consist of: texts, booleans, numbers of everyday size, keys in ASCII."""
    document = _plain({**answer, "approval": approval})
    return (
        CONTEXT
        + json.dumps(
            document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()
    )


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
