"""How people are told: the event stream, webhooks, ntfy, MQTT, a command of the house's own."""

from gateway.notify.notice import EVERYBODY_IN_CHARGE, About, Kind, Notice, Urgency, says
from gateway.notify.notifier import Notifier
from gateway.notify.owed import owed_notice
from gateway.notify.reminders import Pending, Reminders

__all__ = [
    "EVERYBODY_IN_CHARGE",
    "About",
    "Kind",
    "Notice",
    "Notifier",
    "Pending",
    "Reminders",
    "Urgency",
    "owed_notice",
    "says",
]
