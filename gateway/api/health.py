"""`/health` and `/whoami`: whether the gateway is well, and who it takes the caller for."""

from __future__ import annotations

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, authenticate, is_local_socket, manages
from gateway.api.cookies import NAME, by_cookie, give, has_cookie
from gateway.api.discovery import shown as shown_health
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.access import Caller
from gateway.api.openapi.shapes.health import Alive, Health
from gateway.api.streams import Streams
from gateway.api.version import version
from gateway.api.wire import reply, rfc3339
from gateway.context import Gateway
from gateway.foreign import LONGEST_PROBLEM, one_line
from gateway.identity import Session
from gateway.notify.report import shown
from gateway.obligations.owed import FAILED


class HealthRoutes:
    def __init__(self, gateway: Gateway, streams: Streams) -> None:
        self._gateway = gateway
        self._streams = streams

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/health", self.health), web.get("/whoami", self.whoami)]

    @operation(
        "About",
        "How the gateway does",
        {200: Answer(Health | Alive, "Every part; to strangers only that it lives")},
        problems=("forbidden", "unauthorized"),
        public=True,
    )
    async def health(self, request: web.Request) -> web.Response:
        """Without a token only that it lives; with one, how every part does. 200 in both cases."""
        if has_cookie(request):
            return reply(self._detail(by_cookie(self._gateway.identity, request)))
        if "Authorization" not in request.headers and not is_local_socket(request):
            return reply({"status": "ok"})
        return reply(self._detail(authenticate(self._gateway.identity, request)))

    @operation("About", "Who the gateway takes the caller for", {200: Answer(Caller)})
    async def whoami(self, request: web.Request) -> web.Response:
        """The caller's principal and how long the token is good."""
        session = request[SESSION]
        principal = session.principal
        forever = session.expires_at == float("inf")
        answer: dict[str, Json] = {
            "principal": principal.id,
            "role": principal.role,
            "name": principal.title,
            "acts_for": principal.acts_for,
            "acts_for_role": principal.acts_for_role,
            "at_box": principal.at_box,
            "token": session.token_id or None,
            "expires_at": None if forever else rfc3339(session.expires_at),
        }
        shown_to = reply(answer)
        if has_cookie(request):
            give(shown_to, request.cookies[NAME])  # its time begins anew
        return shown_to

    def _detail(self, session: Session) -> dict[str, Json]:
        gateway = self._gateway
        drivers: dict[str, Json] = {}
        for name, driver in gateway.drivers.items():
            health = driver.health()
            drivers[name] = {
                "connected": health.connected,
                "detail": health.detail,
                "counters": dict(health.counters),
                # Foreign text, for whoever can do something about it.
                "problems": [one_line(line, LONGEST_PROBLEM) for line in health.problems]
                if manages(session.principal)
                else [],
            }
        parts: dict[str, Json] = {
            name: {"state": c.state, "failures": c.failures, "last_error": c.last_error}
            for name, c in gateway.supervisor.conditions.items()
        }
        failed = self._failed(session)
        well = (
            gateway.ledger.available
            and all(driver.health().connected for driver in gateway.drivers.values())
            and not gateway.rules.problems
            and all(condition.state != "failed" for condition in gateway.supervisor.conditions.values())
            and not any(channel.tally.is_failing for channel in gateway.parts.notifier.channels.values())
            and not failed
            and not gateway.disk.is_little
        )
        stats = gateway.ledger.stats
        now = gateway.clock.wall()
        return {
            "status": "ok" if well else "degraded",
            "version": version(),
            "started_at": rfc3339(gateway.started_at),
            "state_dir": str(gateway.config.state_dir) if session.principal.at_box else None,
            "uptime_s": round(now - gateway.started_at, 3),
            "things": len(gateway.registry),
            "inbox": len(gateway.registry.inbox) if manages(session.principal) else None,
            "mode": gateway.house.mode,
            "time_is_known": gateway.house.time.is_known,
            "rules": gateway.policy.version,
            "rules_problems": list[Json](gateway.rules.places()) if manages(session.principal) else [],
            "drivers": drivers,
            "watchers": self._watchers(session),
            "parts": parts,
            "ledger": {
                "available": gateway.ledger.available,
                "entries": stats.entries,
                "failures": stats.failures,
                "waiting": stats.waiting,
                "last_error": stats.last_error,
            },
            "disk": gateway.disk.shown(),
            "ingest": {"counters": dict(gateway.ingest.counters), "problems": self._problems(session)},
            "commands": {str(name): count for name, count in gateway.executor.executions.counters.items()},
            "failed_obligations": list[Json](failed),
            "streams": self._streams.count,
            "notify": self._channels(session, now),
        }

    def _watchers(self, session: Session) -> dict[str, Json]:
        """Who looks around: that they look is for all, what they heard for those who can do something about it."""
        return {
            name: shown_health(health) | ({} if manages(session.principal) else {"problems": []})
            for name, health in self._gateway.discovery.health().items()
        }

    def _channels(self, session: Session, now: float) -> dict[str, Json]:
        """The ways by which people are told, for those who can mend them."""
        channels = self._gateway.parts.notifier.channels if manages(session.principal) else {}
        return {name: shown(channel, now) for name, channel in channels.items()}

    def _failed(self, session: Session) -> list[dict[str, Json]]:
        """What could not be switched off or put back, of the properties that the caller may see."""
        sees = self._gateway.rights.of(session.principal).sees
        return [
            {
                "id": owed.id,
                "thing": owed.thing,
                "property": owed.name,
                "duty": owed.kind,
                "rule": owed.term.rule,
                "failed_at": rfc3339(owed.failed_at),
                "attempts": owed.attempts,
                "error": owed.error,
            }
            for owed in self._gateway.obligations.owed()
            if owed.state == FAILED and owed.topic in sees
        ]

    def _problems(self, session: Session) -> dict[str, Json]:
        """Refused values of the properties that the caller may see."""
        sees = self._gateway.rights.of(session.principal).sees
        problems = self._gateway.ingest.problems()
        return {where: why for where, why in problems.items() if tuple(where.split(".", 1)) in sees}
