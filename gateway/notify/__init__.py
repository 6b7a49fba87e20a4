"""How people are told: the event stream, webhooks, ntfy, MQTT, a command of the house's own."""

from gateway.notify.notice import EVERYBODY_IN_CHARGE, About, Kind, Notice, Urgency, says
from gateway.notify.notifier import Notifier

__all__ = ["EVERYBODY_IN_CHARGE", "About", "Kind", "Notice", "Notifier", "Urgency", "says"]
