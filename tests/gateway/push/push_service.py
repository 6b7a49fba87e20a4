"""A push service by RFC 8030 on loopback; its browsers read by `http_ece`, which knows nothing of the gateway."""

from __future__ import annotations

import asyncio
import base64
import datetime
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import http_ece
import jwt
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Phone:
    """A browser with one subscription. `shown` is what it could read, in the order in which it came."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": b64(point), "auth": b64(self.auth)},
        }

    def read(self, body: bytes) -> dict[str, Any]:
        """Raises what `http_ece` raises for what is not for this browser."""
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        found: dict[str, Any] = json.loads(text.rstrip(b"\0"))
        return found


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes
    claims: dict[str, Any]


class PushService:
    """Takes what RFC 8030, 8291 and 8292 allow, refuses the rest with 400 or 403; `fate` is what it says instead of 201."""

    def __init__(self) -> None:
        self.phones: dict[str, Phone] = {}
        self.got: list[Post] = []
        self.fate: list[tuple[int, dict[str, str]]] = []
        self.tries = 0
        self.arrived = asyncio.Event()
        self.origin = ""
        self.host = ""

    def phone(self) -> Phone:
        path = f"/push/{os.urandom(8).hex()}"
        made = self.phones[path] = Phone(f"{self.origin}{path}")
        return made

    async def handle(self, request: web.Request) -> web.Response:
        body, headers = await request.read(), dict(request.headers)
        self.tries += 1
        self.arrived.set()
        if self.fate:
            status, more = self.fate.pop(0)
            return web.Response(status=status, headers=more, text="no")
        phone = self.phones.get(request.path)
        if phone is None:
            return web.Response(status=410)
        try:
            claims = self._signed(headers["Authorization"])
            assert headers["Content-Encoding"] == "aes128gcm" and len(body) <= 4096
            assert headers["TTL"].isdigit() and headers["Urgency"] in {"very-low", "low", "normal", "high"}
            topic = headers.get("Topic", "x")
            assert len(topic) <= 32 and topic.replace("-", "").replace("_", "").isalnum()
        except jwt.InvalidTokenError as error:
            return web.Response(status=403, text=str(error))
        except (AssertionError, KeyError, ValueError) as error:
            return web.Response(status=400, text=repr(error))
        self.got.append(Post(request.path, headers, body, claims))
        phone.shown.append(phone.read(body))
        return web.Response(status=201, headers={"Location": f"{self.origin}/m/{len(self.got)}"})

    def _signed(self, header: str) -> dict[str, Any]:
        """RFC 8292, sections 2 and 3. `jwt` looks at signature, time and audience."""
        scheme, _, rest = header.partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        point = base64.urlsafe_b64decode(parts["k"] + "=" * (-len(parts["k"]) % 4))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims: dict[str, Any] = jwt.decode(
            parts["t"], key, algorithms=["ES256"], audience=self.origin, options={"require": ["exp", "aud"]}
        )
        now = datetime.datetime.now(datetime.UTC).timestamp()
        assert claims["exp"] - now <= 24 * 3600
        return claims

    async def until(self, tries: int) -> None:
        async with asyncio.timeout(10):
            while self.tries < tries:
                self.arrived.clear()
                await self.arrived.wait()

    @asynccontextmanager
    async def serving(self, directory: Path) -> AsyncIterator[PushService]:
        """Under TLS, with a certificate for 127.0.0.1 in `directory`/ca.pem."""
        made, key = certificate(directory)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(made, key)
        app = web.Application()
        app.router.add_post("/{tail:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        self.host = f"127.0.0.1:{runner.addresses[0][1]}"
        self.origin = f"https://{self.host}"
        try:
            yield self
        finally:
            await runner.cleanup()


def certificate(directory: Path) -> tuple[Path, Path]:
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a push service")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    made, kept = directory / "ca.pem", directory / "key.pem"
    made.write_bytes(certificate.public_bytes(Encoding.PEM))
    kept.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made, kept
