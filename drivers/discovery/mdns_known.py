"""What is known of the services around, and who is told of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from zeroconf import (
    DNSCache,
    DNSPointer,
    RecordUpdate,
    RecordUpdateListener,
    ServiceInfo,
    Zeroconf,
    current_time_millis,
)

from drivers.discovery.mdns_admission import Admission, Instance, Key
from drivers.discovery.mdns_instances import AAAA, IN, PTR, SRV, TXT, A, server_of, service_of
from drivers.discovery.mdns_resolving import Resolver
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Clock

_log: Final = logging.getLogger(__name__)

TOLD_AGAIN_S: Final = 1.0
"""Changes of one instance are told once in so long: two that contradict each other cost nobody more."""

DOUBTED_TIMES: Final = 3

Told = Callable[[Service | ServiceLost], None]


class Known(RecordUpdateListener):
    """Listens to the library's records. Everything here runs in the loop's thread."""

    def __init__(self, *, grace: float, clock: Clock, ask_again: Callable[[str], None]) -> None:
        self.services: dict[Key, Service] = {}
        self._grace = grace
        self._clock = clock
        self._ask_again = ask_again
        self._spelled: dict[str, str] = {}
        self._watchers: dict[object, tuple[frozenset[str], Told]] = {}
        self._told_at: dict[Key, float] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}  # of changes to be told
        self._fading: dict[Key, asyncio.TimerHandle] = {}
        self._hosts: dict[str, set[Key]] = {}
        self._touched: dict[Key, bool] = {}
        self._gone: set[Key] = set()
        self._zeroconf: Zeroconf | None = None
        self.admission = Admission(DNSCache(), self._evict)
        self._resolver = Resolver(lambda: self._zeroconf, self._settled)

    @property
    def refused(self) -> Counter[str]:
        return self.admission.refused

    def problems(self) -> tuple[str, ...]:
        unanswered = self._resolver.unanswered
        more = (f"{unanswered} announced services do not say where they are",) if unanswered else ()
        return (*self.admission.problems(), *more)

    def attach(self, zeroconf: Zeroconf) -> None:
        """To an instance that has just been opened."""
        self._zeroconf = zeroconf
        self.admission = Admission(zeroconf.cache, self._evict)
        self.admission.asked = self._asked
        for kind in self._spelled:
            self.admission.ask(kind)
        zeroconf.async_add_listener(self, None)

    async def close(self) -> None:
        for timer in (*self._timers.values(), *self._fading.values()):
            timer.cancel()
        for table in (self._timers, self._fading, self._told_at, self._hosts, self.services):
            table.clear()
        await self._resolver.close()
        if self._zeroconf is not None:
            self._zeroconf.async_remove_listener(self)
        self._zeroconf = None

    def begin(self, kind: str, spelled: str) -> None:
        self._spelled[kind] = spelled
        self.admission.ask(kind)

    def end(self, kind: str) -> None:
        """Nobody asks for `kind` any more."""
        for name in list(self.admission.instances.get(kind, {})):
            self._drop((kind, name))
        self.admission.stop(kind)
        self._spelled.pop(kind, None)
        if self._zeroconf is not None:
            cache = self._zeroconf.cache
            cache.async_remove_records(cache.async_all_by_details(kind, PTR, IN))

    def tell(self, kinds: frozenset[str], told: Told) -> Callable[[], bool]:
        """From now on; what is known at once. The answer ends it, and says whether it had not ended before."""
        token = object()
        self._watchers[token] = (kinds, told)
        for key, service in list(self.services.items()):
            if key[0] in kinds:
                _tell(told, service)
        return lambda: self._watchers.pop(token, None) is not None

    def doubt(self) -> None:
        """Everything has to be said anew; what is not is lost after three times the grace: it is asked for thrice meanwhile."""
        if self._zeroconf is None:
            return
        cache = self._zeroconf.cache
        for kind, known in self.admission.instances.items():
            cache.async_remove_records(cache.async_all_by_details(kind, PTR, IN))
            for name in known:
                self._fade((kind, name), DOUBTED_TIMES)

    # --- what the library calls ---

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        for update in records:
            record = update.new
            expired = record.is_expired(now)
            if isinstance(record, DNSPointer):
                key = (record.key, record.alias_key)
                if self.admission.find(key) is None:
                    continue
                if expired:
                    self._gone.add(key)
                else:
                    self._gone.discard(key)
                    self._touched[key] = True
            elif record.type in {SRV, TXT}:
                for kind, known in self.admission.instances.items():
                    if record.key in known:
                        self._touch((kind, record.key), not expired)
            elif record.type in {A, AAAA}:
                for key in self._on_host(zc, record.name):
                    self._touch(key, not expired)

    def async_update_records_complete(self) -> None:
        touched, self._touched = self._touched, {}
        gone, self._gone = self._gone, set()
        for key in gone:
            self._fade(key)
        for key, fresh in touched.items():
            if key in gone:
                continue
            if fresh and self._is_announced(key):
                self._stay(key)
            self._look(key, ask=fresh)

    # --- one instance ---

    def _touch(self, key: Key, fresh: bool) -> None:
        self._touched[key] = fresh or self._touched.get(key, False)

    def _on_host(self, zc: Zeroconf, host: str) -> set[Key]:
        found = set(self._hosts.get(host.lower(), ()))
        for record in zc.cache.async_entries_with_server(host):
            found |= {
                (kind, record.key) for kind, known in self.admission.instances.items() if record.key in known
            }
        return found

    def _is_announced(self, key: Key) -> bool:
        instance = self.admission.find(key)
        if instance is None or self._zeroconf is None:
            return False
        return self._zeroconf.cache.current_entry_with_name_and_alias(key[0], instance.name) is not None

    def _look(self, key: Key, *, ask: bool) -> None:
        """Tells of it if it is known well enough and not as it was told; else asks."""
        instance = self.admission.find(key)
        if instance is None or self._zeroconf is None or key in self._fading:
            return
        cache, now_ms = self._zeroconf.cache, current_time_millis()
        spelled = self._spelled.get(key[0], key[0])
        service = service_of(cache, spelled, instance.name, now_ms, lenient=self._resolver.tried(key))
        if service is None:
            if host := server_of(cache, instance.name, now_ms):
                self._hosts.setdefault(host, set()).add(key)
                self.admission.hosts.add(host)
            if ask:
                self._resolver.ask(key, instance.name)
            return
        if service == self.services.get(key):
            return
        wait = self._told_at.get(key, -TOLD_AGAIN_S) + TOLD_AGAIN_S - self._clock.monotonic()
        if wait <= 0:
            self._announce(key, service)
        elif key not in self._timers:
            self._timers[key] = asyncio.get_running_loop().call_later(wait, self._look_late, key)

    def _look_late(self, key: Key) -> None:
        self._timers.pop(key, None)
        self._look(key, ask=False)

    def _settled(self, key: Key) -> bool:
        self._look(key, ask=False)
        return key in self.services or self.admission.find(key) is None

    def _announce(self, key: Key, service: Service) -> None:
        self._unhost(key)
        self.services[key] = service
        self._hosts.setdefault(service.host.lower(), set()).add(key)
        self.admission.hosts.add(service.host.lower())
        self._told_at[key] = self._clock.monotonic()
        self._tell_all(key[0], service)

    def _fade(self, key: Key, times: int = 1) -> None:
        if key not in self._fading:
            loop = asyncio.get_running_loop()
            self._fading[key] = loop.call_later(times * self._grace, self._lose, key)
        self._ask_again(key[0])

    def _stay(self, key: Key) -> None:
        timer = self._fading.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _lose(self, key: Key) -> None:
        self._drop(key)
        self.admission.release(key)

    def _evict(self, instance: Instance) -> None:
        """It made room: the library forgets it, and everybody who listens there."""
        key = (instance.kind, instance.name.lower())
        self._drop(key)
        if self._zeroconf is None:
            return
        cache, now = self._zeroconf.cache, current_time_millis()
        gone = DNSPointer(instance.kind, PTR, IN, 0, instance.name, now)
        cached = cache.async_get_unique(gone)
        if cached is not None:
            manager = self._zeroconf.record_manager
            manager.async_updates(now, [RecordUpdate(gone, cached)])
            cache.async_remove_records([cached])
            manager.async_updates_complete(False)
        if not self.admission.is_named(key[1]):
            cache.async_remove_records(cache.async_entries_with_name(instance.name))

    def _drop(self, key: Key) -> None:
        """Everything that is kept here of it; who was told of it hears that it is lost."""
        self._stay(key)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        self._told_at.pop(key, None)
        self._resolver.forget(key)
        self._unhost(key)
        service = self.services.pop(key, None)
        if service is not None:
            self._tell_all(key[0], ServiceLost(service.type, service.name))

    def _unhost(self, key: Key) -> None:
        for host in [host for host, keys in self._hosts.items() if key in keys]:
            self._hosts[host].discard(key)
            if not self._hosts[host]:
                del self._hosts[host]
                self.admission.hosts.discard(host)

    def _asked(self) -> set[str]:
        """Names that this or a library is just asking for."""
        if self._zeroconf is None:
            return set()
        asking = [one for one in self._zeroconf.listeners if isinstance(one, ServiceInfo)]
        return {name for one in asking for name in (one.key, one.server_key) if name}

    def _tell_all(self, kind: str, seen: Service | ServiceLost) -> None:
        for kinds, told in list(self._watchers.values()):
            if kind in kinds:
                _tell(told, seen)


def _tell(told: Told, seen: Service | ServiceLost) -> None:
    try:
        told(seen)
    except Exception:
        _log.exception("a family could not take what mDNS told of %s", seen.type)
