"""From configuration to channels."""

from __future__ import annotations

from collections.abc import Callable

from gateway.clock import Clock
from gateway.config import Channel as Settings
from gateway.config import Config
from gateway.notify.channel import Channel, Fate
from gateway.notify.links import link_of
from gateway.notify.sending import Link, Sender


def channels_of(config: Config, clock: Clock, settled: Callable[[Channel, Fate], None]) -> list[Channel]:
    """Those of `[[notify]]`, not yet at work. Nothing is opened."""
    link = link_of(config.http)
    return [Channel(one, _sender(one, config, clock, link), clock, settled) for one in config.notify]


def _sender(settings: Settings, config: Config, clock: Clock, link: Link) -> Sender:
    """Only what is configured is imported."""
    match settings.kind:
        case "webhook":
            from gateway.notify.webhook import Webhook  # noqa: PLC0415

            return Webhook(settings, clock, link)
        case "ntfy":
            from gateway.notify.ntfy import Ntfy  # noqa: PLC0415

            return Ntfy(settings, clock, link)
        case "mqtt":
            from gateway.notify.mqtt import MqttPublisher  # noqa: PLC0415

            return MqttPublisher(settings, config.mqtt, config.state_dir, link)
        case "command":
            from gateway.notify.command import Command  # noqa: PLC0415

            return Command(settings, link)
