"""From configuration to channels."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from gateway.clock import Clock
from gateway.config import Channel as Settings
from gateway.config import Config, Http
from gateway.notify.channel import Channel, Fate
from gateway.notify.channels import is_loopback
from gateway.notify.command import Command
from gateway.notify.mqtt import MqttPublisher
from gateway.notify.ntfy import Ntfy
from gateway.notify.sending import Link, Sender
from gateway.notify.webhook import Webhook


def channels_of(config: Config, clock: Clock, settled: Callable[[Channel, Fate], None]) -> list[Channel]:
    """Those of `[[notify]]`, not yet at work. Nothing is opened."""
    link = link_of(config.http)
    return [Channel(one, _sender(one, config, clock, link), clock, settled) for one in config.notify]


def link_of(http: Http) -> Link:
    """Where a phone finds what a notice is about: under the first of `http.hosts`, or the address itself. Where only this box
    could follow a link, there is none.
    """
    host = http.hosts[0] if http.hosts else http.host
    if not http.port or is_loopback(host) or _is_wildcard(host):
        return lambda _: ""
    scheme = "https" if http.certificate is not None else "http"
    base = f"{scheme}://{f'[{host}]' if ':' in host else host}:{http.port}"
    return lambda ref: base + ref if ref else ""


def _is_wildcard(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host


def _sender(settings: Settings, config: Config, clock: Clock, link: Link) -> Sender:
    match settings.kind:
        case "webhook":
            return Webhook(settings, clock, link)
        case "ntfy":
            return Ntfy(settings, clock, link)
        case "mqtt":
            return MqttPublisher(settings, config.mqtt, config.state_dir, link)
        case "command":
            return Command(settings, link)
