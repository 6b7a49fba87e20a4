"""`/recordings/{driver}/{device}`: what a device says from now on, a JSON object a line, without what is private."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from drivers.driver import Tappable
from gateway.api.auth import require_manager
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.problems import Problem, not_found
from gateway.api.things import find_thing
from gateway.api.wire import number
from gateway.context import Gateway
from gateway.inbox import CandidateKey
from gateway.recording import LONGEST_S, Recording

USUAL_S: Final = 60
NDJSON: Final = "application/x-ndjson"


class RecordingRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/recordings/{driver}/{device}", self.record),
            web.get("/things/{thing}/recording", self.record),
        ]

    @operation(
        "Devices",
        "Record what a device says",
        {200: Answer({"type": "string"}, "Lines of JSON, as they come", media=NDJSON)},
        parameters=(common.whole("seconds", "For so many seconds"),),
        problems=("too-many-streams",),
        names={"/things/{thing}/recording": "recordings_record_thing"},
    )
    async def record(self, request: web.Request) -> web.StreamResponse:
        """For `?seconds=60`, or until the caller hangs up. 404 for a device that its driver does not know."""
        require_manager(request)
        name, device = self._meant(request)
        seconds = number(request, "seconds", USUAL_S, most=int(LONGEST_S))
        driver: object = self._gateway.drivers.get(name)
        if driver is None:
            raise not_found()
        if not isinstance(driver, Tappable):
            raise Problem("bad-request", f"what devices of {name} say cannot be recorded this way")
        known = self._known(name, device)
        lines = Recording(driver, name, device, self._gateway.clock, known=known).lines(seconds)
        try:
            first = await anext(lines)
        except KeyError:
            raise not_found() from None
        response = web.StreamResponse(headers={"Content-Type": NDJSON, "Cache-Control": "no-store"})
        await response.prepare(request)
        try:
            await response.write(first)
            async for line in lines:
                if request.transport is None or request.transport.is_closing():
                    break
                if line:
                    await response.write(line)
        finally:
            await lines.aclose()  # the tap ends with it
        return response

    def _meant(self, request: web.Request) -> CandidateKey:
        """The driver and device of the path, which may name a Thing."""
        if "thing" in request.match_info:
            adopted = find_thing(self._gateway, request)
            return adopted.driver, adopted.device
        return request.match_info["driver"], request.match_info["device"]

    def _known(self, driver: str, device: str) -> set[str]:
        """The device's hardware addresses: its id may be one, and it may have told others."""
        told = self._gateway.discovery.kin.identities(driver, device)
        return {device, *(one.partition(":")[2] for one in told)}
