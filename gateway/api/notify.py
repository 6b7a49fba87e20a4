"""`/notify`: by which ways people are told besides the event stream, and whether they work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import require_manager
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.house import ChannelShown, Trial
from gateway.api.problems import bad_request
from gateway.api.wire import Body, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.notify.report import shown

if TYPE_CHECKING:
    from gateway.notify.channel import Channel

LONGEST_NAME = 40


class TestBody(Body):
    name: str = Field("", max_length=LONGEST_NAME)


class NotifyRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/notify", self.index), web.post("/notify/test", self.test)]

    @operation("House", "How people are told", {200: Answer(list[ChannelShown])})
    async def index(self, request: web.Request) -> web.Response:
        """The channels of `[[notify]]`, the browsers that subscribed (`push:…`), and how each does. For owners and adults."""
        require_manager(request)
        return reply([self._row(one) for one in self._gateway.parts.notifier.every_channel.values()])

    @operation("House", "Send a test notice", {200: Answer(list[Trial])}, body=TestBody, body_needed=False)
    async def test(self, request: web.Request) -> web.Response:
        """`{"name": "phones"}`, or nothing for all: sends a test notice at once, and says what came of it. For owners and
        adults.
        """
        require_manager(request)
        body = await read_body(request, TestBody)
        notifier = self._gateway.parts.notifier
        channels = notifier.every_channel
        if body.name and body.name not in channels:
            known = ", ".join(channels) or "none; hearth.toml has no [[notify]]"
            raise bad_request(f"there is no channel {body.name!r}; there is: {known}")
        trials = await notifier.test([body.name] if body.name else [*channels])
        rows: list[Json] = [
            {
                "name": one.channel.name,
                "kind": one.channel.settings.kind,
                "where": one.channel.sender.where,
                "delivered": one.delivered,
                "text": one.text,
                "remedy": one.remedy or None,
            }
            for one in trials
        ]
        return reply(rows)

    def _row(self, channel: Channel) -> dict[str, Json]:
        settings, tally = channel.settings, channel.tally
        return {
            "name": channel.name,
            "where": channel.sender.where,
            "to": list[Json](settings.to),
            "urgency": settings.urgency,
            "escalation": settings.escalation,
            **shown(channel, self._gateway.clock.wall()),
            "last_success": rfc3339(tally.last_success) if tally.last_success else None,
            "last_failure": rfc3339(tally.last_failure) if tally.last_failure else None,
            "last_error": tally.last_error or None,
        }
