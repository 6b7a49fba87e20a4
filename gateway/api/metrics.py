"""`/metrics` in the Prometheus text format 0.0.4, or as JSON: what this run counted, and what the ledger tells of all runs."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.api.auth import caller, manages
from gateway.api.exposition import Exposition, Samples
from gateway.api.measured import tell_of_house
from gateway.api.openapi.operation import Answer, operation
from gateway.api.problems import Problem
from gateway.api.streams import Streams
from gateway.api.wire import reply
from gateway.context import Gateway
from gateway.measures.figures import figures
from gateway.obligations.owed import FAILED
from policies import Role

QUANTILES: Final = (0.5, 0.9, 0.99)
_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class MetricRoutes:
    def __init__(self, gateway: Gateway, streams: Streams) -> None:
        self._gateway = gateway
        self._streams = streams

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/metrics", self.metrics)]

    @operation(
        "About",
        "Counts and times",
        {
            200: (
                Answer({"type": "string"}, "Prometheus", media="text/plain"),
                Answer({"type": "object"}, "figures of the ledger, with `Accept: application/json`"),
            )
        },
    )
    async def metrics(self, request: web.Request) -> web.Response:
        """Counts and times, for owners, adults and services: they name no Thing and no person, but tell that something was done
        just now. Those under `hearth_ledger_…` and what follows
        them are of all that the ledger has, over restarts; the others since the start. With `Accept: application/json` only the
        former, with what they are made of.
        """
        principal = caller(request)
        if not manages(principal) and principal.role is not Role.SERVICE:
            raise Problem("forbidden", "figures are for an owner, an adult or a service")
        counts = await self._gateway.measures.counts()
        found = figures(counts, self._on_their_way(), self._latencies())
        if "application/json" in request.headers.get("Accept", ""):
            return reply(found)
        text = Exposition()
        self._commands(text)
        self._house(text)
        self._ledger(text)
        tell_of_house(text, counts.by, found)
        self._process(text)
        return web.Response(
            body=text.encode(), headers={"Content-Type": _CONTENT_TYPE, "Cache-Control": "no-store"}
        )

    def _on_their_way(self) -> int:
        recent = self._gateway.executor.executions.recent()
        return sum(1 for one in recent if one.outcome is None and one.dispatched_at is not None)

    def _latencies(self) -> dict[str, list[float]]:
        kept = self._gateway.executor.executions
        return {"dispatch": list(kept.dispatch_latencies), "outcome": list(kept.outcome_latencies)}

    def _commands(self, text: Exposition) -> None:
        executor = self._gateway.executor.executions
        by_outcome = [({"outcome": str(name)}, count) for name, count in sorted(executor.counters.items())]
        text.add("hearth_commands_total", "counter", "Commands that have ended, by outcome.", by_outcome)
        seconds = "Of recent commands, in seconds."
        dispatch, outcome = sorted(executor.dispatch_latencies), sorted(executor.outcome_latencies)
        text.add(
            "hearth_command_dispatch_seconds",
            "gauge",
            f"Request to dispatch. {seconds}",
            _quantiles(dispatch),
        )
        text.add(
            "hearth_command_outcome_seconds", "gauge", f"Request to outcome. {seconds}", _quantiles(outcome)
        )

    def _house(self, text: Exposition) -> None:
        gateway = self._gateway
        text.add("hearth_things", "gauge", "Adopted Things.", [({}, len(gateway.registry))])
        text.add("hearth_properties", "gauge", "Their properties.", [({}, len(gateway.state))])
        text.add("hearth_inbox", "gauge", "Candidates that wait.", [({}, len(gateway.registry.inbox))])
        owed = Counter(one.state for one in gateway.obligations.owed())
        states = [({"state": state}, owed[state]) for state in sorted({FAILED, *owed})]
        text.add("hearth_obligations", "gauge", "What is owed now, by state.", states)
        ingest = [({"kind": kind}, count) for kind, count in sorted(gateway.ingest.counters.items())]
        text.add("hearth_ingest_total", "counter", "What drivers reported, and what became of it.", ingest)
        marked = [({"what": what}, count) for what, count in sorted(gateway.estimates.counters.items())]
        text.add(
            "hearth_estimates_total", "counter", "Unusual values and silent Things, by what it was.", marked
        )
        text.add("hearth_events_total", "counter", "Events published.", [({}, gateway.observers.last_id)])
        text.add("hearth_streams", "gauge", "Open event streams.", [({}, self._streams.count)])
        healths = {name: driver.health() for name, driver in gateway.drivers.items()}
        connected = [({"driver": name}, float(health.connected)) for name, health in healths.items()]
        text.add("hearth_driver_connected", "gauge", "1 while a driver reaches its peer.", connected)
        counters = [
            ({"driver": name, "counter": counter}, count)
            for name, health in healths.items()
            for counter, count in sorted(health.counters.items())
        ]
        text.add("hearth_driver_total", "counter", "Drivers' own counters.", counters)
        failures = [({"part": c.name}, c.failures) for c in gateway.supervisor.conditions.values()]
        text.add("hearth_part_failures_total", "counter", "Failures of supervised parts.", failures)

    def _ledger(self, text: Exposition) -> None:
        ledger = self._gateway.ledger
        stats = ledger.stats
        text.add(
            "hearth_ledger_available", "gauge", "1 while it can be written.", [({}, float(ledger.available))]
        )
        text.add("hearth_ledger_entries_total", "counter", "Entries written.", [({}, stats.entries)])
        text.add("hearth_ledger_flushes_total", "counter", "Groups flushed to disk.", [({}, stats.groups)])
        text.add("hearth_ledger_failures_total", "counter", "Failed flushes.", [({}, stats.failures)])
        text.add("hearth_ledger_waiting", "gauge", "Entries that wait for a flush.", [({}, stats.waiting)])

    def _process(self, text: Exposition) -> None:
        resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
        text.add("process_resident_memory_bytes", "gauge", "Resident memory.", [({}, resident)])
        text.add("process_cpu_seconds_total", "counter", "CPU time used.", [({}, time.process_time())])
        text.add(
            "process_start_time_seconds", "gauge", "Start, since the epoch.", [({}, self._gateway.started_at)]
        )


def _quantiles(ordered: list[float]) -> Samples:
    if not ordered:
        return []
    last = len(ordered) - 1
    return [({"quantile": f"{q:g}"}, ordered[round(q * last)]) for q in QUANTILES]
