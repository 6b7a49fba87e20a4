"""What the driver must be told: where the broker is, and who we are to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

TopicPrefix = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[^#+$\x00/][^#+\x00]*[^#+\x00/]$|^[^#+$\x00/]$")
]


class TlsSettings(BaseModel):
    """TLS to the broker. Without `ca_file` the system's authorities count; a client certificate needs both files."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> TlsSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("a client certificate needs both cert_file and key_file")
        return self


class MqttSettings(BaseModel):
    """One broker. `client_id` must be unique at the broker: a second client with the same id throws the first out."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=1883, ge=1, le=65535)
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None  # where it was read from, to look who else can read it
    client_id: str = Field(default="hearth", min_length=1, max_length=65535)
    tls: TlsSettings | None = None
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    keepalive_s: int = Field(default=30, ge=5, le=65535)
    discovery_prefix: TopicPrefix = "homeassistant"
    tasmota_prefix: TopicPrefix | None = (
        "tasmota/discovery"  # None: Tasmota's own discovery is not listened to
    )
    base_topic: TopicPrefix = "hearth"
    managed: bool = False  # the broker is the gateway's own
    announce_birth: bool = True  # at `birth_topic`, so that publishers tell everything again

    @model_validator(mode="after")
    def _password_needs_user(self) -> MqttSettings:
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a username (MQTT 3.1.1, section 3.1.2.9)")
        return self

    @property
    def status_topic(self) -> str:
        """Birth and last will: `online` or `offline`, retained."""
        return f"{self.base_topic}/status"

    @property
    def birth_topic(self) -> str:
        """Where Home Assistant says that it was born; never retained. Only publishers listen there."""
        return f"{self.discovery_prefix}/status"

    @property
    def address(self) -> str:
        """The broker, for texts."""
        return f"{self.host}:{self.port}"
