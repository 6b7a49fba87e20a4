"""From configuration to drivers. Only what is configured is imported: start-up time and memory are budgets."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from drivers.driver import Driver
from gateway.clock import Clock
from gateway.config import Config, ConfigError, Mqtt


@asynccontextmanager
async def configured_drivers(config: Config, clock: Clock) -> AsyncIterator[dict[str, Driver]]:
    """The drivers that the configuration asks for, not yet entered, by name. A managed broker runs as long as they do."""
    async with AsyncExitStack() as stack:
        drivers: list[Driver] = []
        if config.mqtt is not None:
            drivers.append(await _mqtt(config.mqtt, config.state_dir, clock, stack))
        yield {driver.name: driver for driver in drivers}


async def _mqtt(mqtt: Mqtt, state_dir: Path, clock: Clock, stack: AsyncExitStack) -> Driver:
    try:
        from drivers.mqtt.driver import MqttDriver  # noqa: PLC0415  only if it is on
        from drivers.mqtt.settings import MqttSettings, TlsSettings  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f"[mqtt] needs the extra `mqtt`: pip install 'hearth-gateway[mqtt]' ({error})"
        ) from error
    host, port, username, password = mqtt.host, mqtt.port, mqtt.username or None, None
    if mqtt.managed is not None:
        host, port, username, password = await _managed_broker(mqtt, state_dir / "broker", stack)
    elif mqtt.password_file is not None:
        password = mqtt.password_file.read_text().strip()
    tls = TlsSettings(ca_file=mqtt.ca, cert_file=mqtt.certificate, key_file=mqtt.key) if mqtt.tls else None
    return MqttDriver(
        MqttSettings.model_validate(
            {
                "host": host,
                "port": port,
                "username": username,
                "password": password,
                "password_file": mqtt.password_file if mqtt.managed is None else None,
                "tls": tls,
                "protocol": mqtt.protocol,
                "managed": mqtt.managed is not None,
                "discovery_prefix": mqtt.discovery_prefix,
                "tasmota_prefix": mqtt.tasmota_prefix or None,
                "announce_birth": mqtt.announce_birth,
            }
        ),
        clock,
    )


async def _managed_broker(mqtt: Mqtt, directory: Path, stack: AsyncExitStack) -> tuple[str, int, str, str]:
    from drivers.mqtt.broker import ManagedBroker  # noqa: PLC0415
    from drivers.mqtt.broker_users import GATEWAY, BrokerUser, gateway_user  # noqa: PLC0415

    assert mqtt.managed is not None
    ours = gateway_user(stored_password(directory, GATEWAY))
    users = [
        BrokerUser(
            user.name, stored_password(directory, user.name), publish=user.publish, subscribe=user.subscribe
        )
        for user in mqtt.managed.users
    ]
    program = mqtt.managed.program
    broker = ManagedBroker(
        directory,
        [ours, *users],
        port=mqtt.managed.port or None,
        prefer=None if program == "auto" else program,
        persistent=True,
    )
    await stack.enter_async_context(broker)
    (directory / "port").write_text(f"{broker.port}\n")
    return broker.host, broker.port, ours.name, ours.password


def stored_password(directory: Path, user: str) -> str:
    """A user's password, made at first use and kept in a file that only the gateway can read."""
    from drivers.mqtt.broker_users import random_password  # noqa: PLC0415

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = directory / f"{user}.password"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(random_password() + "\n")
    return file.read_text().strip()
