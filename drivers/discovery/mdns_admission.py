"""Which records are kept: those that somebody here asks for, and of them a bounded number.

The library bounds its cache by the number of records alone, and what its browsers plan by nothing. So records are looked at
before either sees them. Where more instances announce themselves than are kept, those make room that do not answer any more;
then those of the source that has the most; and where every one has a source of its own (they can be made up), one that has not
been there for long, at random.
"""

from __future__ import annotations

import ipaddress
import random
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from zeroconf import DNSAddress, DNSCache, DNSNsec, DNSPointer, DNSRecord, DNSService, DNSText

from drivers.discovery.mdns_instances import AAAA, IN, NSEC, SRV, TXT, A, instance_of

MOST_OF_A_TYPE: Final = 256
"""A house with more than 200 devices of one family has a bridge for them."""

MOST_IN_ALL: Final = 1024
"""Some 3 kB each with all their records: 3 MB."""

MOST_TXT_BYTES: Final = 1300
"""RFC 6763, section 6.2: more does not fit into one packet, and is "not recommended"."""

MOST_SERVERS: Final = 4
MOST_TEXTS: Final = 4
MOST_ADDRESSES: Final = 8
"""Of one name, each kind: the newest and what it replaces; IPv4 and IPv6 addresses are counted apart."""

MOST_DENIED_TYPES: Final = 64
"""An NSEC record of a few kB can name 65,536."""

PTR_TTL_S: Final = 4500
"""RFC 6762, section 10: what is announced is asked for again after three quarters of this. A peer cannot shorten it."""

REFRESHED_AFTER_MS: Final = 300_000.0
"""An announcement that repeats what is known is looked at once in so long: the library plans a question at each."""

SETTLED_AFTER_MS: Final = 600_000.0
"""What has been there for so long makes no room for what is new."""

SILENT_TWICE: Final = 2
"""Who does not answer two questions in a row is gone: one answer may get lost in a flood."""

REFUSED_OF_A_PACKET: Final = 8
"""After so many the rest of its pointers is not looked at: a flood of them costs no more than one of packets."""

NOTED: Final = 8
"""Oddities that are told of; the newest."""

Key = tuple[str, str]
"""A type and the full name of an instance of it, both in lower case."""


@dataclass(slots=True)
class Instance:
    """One that is admitted. `name` is as it was announced."""

    kind: str
    name: str
    source: str
    since_ms: float
    heard_ms: float
    silent: int = 0  # questions in a row that it did not answer


class Admission:
    """Decides over each record, and knows the instances that are there. All times are the library's: monotonic, in ms."""

    def __init__(self, cache: DNSCache, evict: Callable[[Instance], None]) -> None:
        self.instances: dict[str, dict[str, Instance]] = {}
        """By type and by the full name, in lower case."""

        self.announced_since = Counter[str]()
        """How many pointers of a type the library was given: what its browser has planned grows with it."""

        self.refused = Counter[str]()
        self.hosts: set[str] = set()
        """Names of hosts, in lower case, whose addresses somebody here wants to hear, besides those that instances name."""

        self.asked: Callable[[], Collection[str]] = tuple
        """Further names that are just being asked for."""

        self._notes: deque[str] = deque(maxlen=NOTED)
        self._cache = cache
        self._evict = evict
        self._sources: dict[str, Counter[str]] = {}
        self._asked_ms: dict[str, float] = {}
        self._named: Counter[str] = Counter()  # by the full name of the instance: a subtype has the same ones

    def ask(self, kind: str) -> None:
        self.instances.setdefault(kind.lower(), {})
        self._sources.setdefault(kind.lower(), Counter())

    def stop(self, kind: str) -> None:
        for name in list(self.instances.get(kind.lower(), {})):
            self.release((kind.lower(), name))
        for table in (self.instances, self._sources, self._asked_ms, self.announced_since):
            table.pop(kind.lower(), None)

    def full(self) -> list[str]:
        """Types that have no room left."""
        return [kind for kind, known in self.instances.items() if len(known) >= MOST_OF_A_TYPE]

    def asks_again(self, kind: str, now: float) -> None:
        """All of a type are being asked whether they are there. Notes who did not answer the last time."""
        before = self._asked_ms.get(kind)
        self._asked_ms[kind] = now
        if before is None:
            return
        for one in self.instances[kind].values():
            one.silent = one.silent + 1 if one.heard_ms < before else 0

    def find(self, key: Key) -> Instance | None:
        return self.instances.get(key[0], {}).get(key[1])

    def release(self, key: Key) -> None:
        instance = self.instances.get(key[0], {}).pop(key[1], None)
        if instance is None:
            return
        self._unname(instance)
        sources = self._sources[key[0]]
        sources[instance.source] -= 1
        if sources[instance.source] <= 0:
            del sources[instance.source]

    def is_named(self, name: str) -> bool:
        """Whether this (in lower case) is the name of an instance that is there."""
        return name in self._named

    def problems(self) -> tuple[str, ...]:
        limits = []
        for kind in self.full():
            what = f"{kind} is announced by {MOST_OF_A_TYPE} and more devices"
            limits.append(f"{what}: no more are kept; somebody may be flooding the network")
        return (*limits, *self._notes)

    def filter(self, records: list[DNSRecord], source: str, now: float) -> list[DNSRecord]:
        """Of what one packet says, what is to be believed. Pointers are looked at first: the rest hangs on them."""
        kept: set[int] = set()
        before = self.refused["instances"]
        for one in records:
            if isinstance(one, DNSPointer) and self._pointer(one, source, now):
                kept.add(id(one))
            if self.refused["instances"] - before >= REFUSED_OF_A_PACKET:
                break
        servers: set[str] = set()
        asked = self.asked()
        for one in records:
            if isinstance(one, DNSService) and self._details(one, SRV, MOST_SERVERS, asked):
                kept.add(id(one))
                servers.add(one.server_key)
        wanted = (servers, self.hosts, asked)
        for one in records:
            if self._rest(one, source, wanted):
                kept.add(id(one))
        return [one for one in records if id(one) in kept]

    def _pointer(self, record: DNSPointer, source: str, now: float) -> bool:
        known = self.instances.get(record.key)
        if known is None or not instance_of(record.alias, record.key):
            return False
        record.unique = False  # else one answer would take the place of all others (RFC 6762, section 10.2)
        cached = self._cache.async_get_unique(record)
        if not record.ttl:
            return cached is not None
        there = known.get(record.alias_key)
        if there is not None:
            there.heard_ms = now
        if there is not None and cached is not None and now - cached.created < REFRESHED_AFTER_MS:
            return False
        if there is None:
            if not self._has_room(record, source, now):
                self.refused["instances"] += 1
                return False
            known[record.alias_key] = Instance(record.key, record.alias, source, now, now)
            self._named[record.alias_key] += 1
            self._sources[record.key][source] += 1
        record.ttl = PTR_TTL_S
        self.announced_since[record.key] += 1
        return True

    def _has_room(self, record: DNSPointer, source: str, now: float) -> bool:
        kind = record.key
        if len(self.instances[kind]) < MOST_OF_A_TYPE:
            if sum(map(len, self.instances.values())) < MOST_IN_ALL:
                return True
            kind = max(self.instances, key=lambda one: len(self.instances[one]))
        victim = self._makes_room(kind, source, now)
        if victim is None:
            return False
        self.release((kind, victim.name.lower()))
        self._evict(victim)
        return True

    def _makes_room(self, kind: str, source: str, now: float) -> Instance | None:
        pool, sources = self.instances[kind], self._sources[kind]
        greedy, most = sources.most_common(1)[0]
        if kind in self._asked_ms:
            silent = next((one for one in pool.values() if one.silent >= SILENT_TWICE), None)
            if silent is not None:
                return silent
        if most > sources[source] + 1:
            return next(one for one in reversed(pool.values()) if one.source == greedy)
        if sources[source]:
            return None
        young = [one for one in pool.values() if now - one.since_ms < SETTLED_AFTER_MS]
        return random.choice(young) if young else None  # noqa: S311 (whoever floods shall not know which)

    def _details(self, record: DNSRecord, kind: int, most: int, asked: Collection[str]) -> bool:
        """Of an instance that is there, and not more than `most` of a kind."""
        if record.key not in self._named and record.key not in asked:
            return False
        if self._is_one_too_many(record, kind, most):
            self.note(f"{record.name[:80]!r} is announced with more than {most} contradicting records")
            return False
        return True

    def _is_one_too_many(self, record: DNSRecord, kind: int, most: int) -> bool:
        there = self._cache.async_all_by_details(record.name, kind, IN)
        return len(there) >= most and record not in there and bool(record.ttl)

    def _rest(self, record: DNSRecord, source: str, wanted: Iterable[Collection[str]]) -> bool:
        if isinstance(record, DNSText):
            if not any(record.key in names for names in (self._named, *wanted)):
                return False
            if len(record.text) > MOST_TXT_BYTES:
                self.note(f"{record.name[:80]!r} describes itself with {len(record.text)} bytes: left out")
                return False
            return not self._is_one_too_many(record, TXT, MOST_TEXTS)
        if not isinstance(record, DNSAddress | DNSNsec) or not self._is_wanted(record, wanted):
            return False
        if isinstance(record, DNSNsec):
            return len(record.rdtypes) <= MOST_DENIED_TYPES and not self._is_one_too_many(record, NSEC, 1)
        if len(record.address) == 4 and record.address[0] == 127 and not _is_loopback(source):
            self.note(f"{record.name[:80]!r} says that it is this box: left out")
            return False
        return not self._is_one_too_many(record, A if len(record.address) == 4 else AAAA, MOST_ADDRESSES)

    def _is_wanted(self, record: DNSRecord, wanted: Iterable[Collection[str]]) -> bool:
        if any(record.key in names for names in wanted):
            return True
        return record.key in self._named or bool(self._cache.async_entries_with_server(record.name))

    def note(self, text: str) -> None:
        self.refused["records"] += 1
        if text not in self._notes:
            self._notes.append(text)

    def _unname(self, instance: Instance) -> None:
        name = instance.name.lower()
        self._named[name] -= 1
        if self._named[name] <= 0:
            del self._named[name]


def _is_loopback(source: str) -> bool:
    try:
        return ipaddress.ip_address(source.partition("%")[0]).is_loopback
    except ValueError:
        return False
