"""Giving a consent to leave a limit out, and ending it: who may, what stands in the ledger, and when one counts no longer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.house import House
from gateway.identity import Identity
from gateway.ids import new_id
from gateway.ledger import Entry, Ledger, LedgerUnavailable, Record
from gateway.observers import Observers, Topic
from gateway.waivers import LONGEST_WAIVER_S, Consent
from policies import Policy
from policies.decision import Principal, Role, RuleRef
from policies.words import suggestion

KIND: Final = "consent"

TOPIC: Final[Topic] = ("", "waiver")

ROWS_A_PAGE: Final = 200

log = logging.getLogger(__name__)


class NoConsent(Exception):
    """It cannot be given; the text says why, and what would be right."""


class UnknownLimit(NoConsent):
    """There is no such limit, or several are meant."""


class NotForYou(NoConsent):
    """The limit is not the caller's to waive."""


class Consents:
    """The waivers of a house, from the giving to the end."""

    def __init__(
        self,
        house: House,
        *,
        policy: Callable[[], Policy],
        identity: Identity,
        ledger: Ledger,
        observers: Observers,
        clock: Clock,
    ) -> None:
        self._house = house
        self._policy = policy
        self._identity = identity
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        house.waivers.stands = self._giver_now
        identity.on_revoked(lambda _: self.review())

    def limit(self, name: str) -> RuleRef:
        """The limit called `name`: "set/rule", or the rule's id where only one set has it. Raises `UnknownLimit`."""
        limits = self._policy().limits
        found = [ref for ref in limits if name in {str(ref), ref.rule}]
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(sorted(map(str, found)))
            raise UnknownLimit(f"{name!r} is a limit of several sets; write {names}")
        near = suggestion(name, sorted({ref.rule for ref in limits}))
        waivable = ", ".join(sorted(ref.rule for ref, who in limits.items() if who is not None))
        if near == ".":
            near = f"; these may be waived: {waivable}" if waivable else "; none of the limits may be waived"
        raise UnknownLimit(f"no limit is called {name!r}{near}")

    def check(self, rule: RuleRef, by: Principal) -> None:
        """Raises `NotForYou` where `by` may not waive `rule`."""
        who = self._policy().limits.get(rule)
        if who is None:
            raise NotForYou(
                f"{rule} cannot be waived: it does not say waivable_by; only a change of the rule would let more pass"
            )
        if not by.role.is_person or not who.fits(by):
            words = " or ".join(sorted(who.words))
            raise NotForYou(
                f"{rule} is waived by {words}, a person of the house; you are {by.id} ({by.role})"
            )

    async def give(self, rule: RuleRef, thing: str, by: Principal, until: float, why: str) -> Consent:
        """`by` leaves `rule` out on `thing` ("": on every Thing) until `until`, in seconds since the epoch. It is in the ledger
        before it takes effect.

        Raises `NoConsent`; `ValueError` where there are too many, or it would last too long; `LedgerUnavailable`.
        """
        self.check(rule, by)
        if not self._house.time.is_known:
            raise NoConsent(
                "the house's clock is not set, so nobody could tell when the waiver is over; "
                'synchronise it (NTP), or set [house] clock = "trusted" where it is right without'
            )
        now = self._clock.wall()
        consent = Consent(new_id(now), rule, thing, by, now, until, why)
        self._house.waivers.check(consent)
        await self._ledger.commit(_given(consent))
        try:
            self.check(rule, self._now(by))  # rules or tokens may have changed while it was written
            self._house.waivers.add(consent)
        except (NoConsent, ValueError) as error:
            self._record_end(consent, str(error))
            raise
        self._tell(consent, "waived")
        return consent

    async def end(self, consent: Consent, by: Principal) -> None:
        """Ends one at once. Raises `LedgerUnavailable`: it is over all the same, but would count again after a restart."""
        self._house.waivers.end(consent.id)
        self._tell(consent, "ended")
        await self._ledger.commit(_ended(consent, self._clock.wall(), f"ended by {by.id}", by.id))

    def review(self) -> None:
        """Drops what counts no longer: rules were changed, or tokens revoked."""
        for consent in self._house.waivers:
            if self._giver_now(consent) is None:
                self._house.waivers.end(consent.id)
                self._record_end(consent, self._why_not(consent))
                self._tell(consent, "ended")

    async def restore(self) -> None:
        """Brings back those that an earlier run gave and that are not over. Raises `LedgerUnavailable`."""
        now, ended, before = self._clock.wall(), set[str](), None
        while True:
            rows = await self._ledger.entries(
                kinds=(KIND,), before=before, limit=ROWS_A_PAGE, newest_first=True
            )
            self._restore(rows, ended, now)
            if len(rows) < ROWS_A_PAGE or rows[-1].at < now - LONGEST_WAIVER_S:
                break
            before = rows[-1].seq
        self.review()

    # ---------------------------------------------------------------- inside

    def _restore(self, rows: Iterable[Record], ended: set[str], now: float) -> None:
        for row in rows:
            if "ended" in row.body:
                ended.add(str(row.body["ended"]))
            elif (consent := _read(row)) is not None and consent.id not in ended and consent.until > now:
                try:
                    self._house.waivers.add(consent)
                except ValueError as error:
                    log.warning("waiver %s is not taken up again: %s", consent.id, error)

    def _giver_now(self, consent: Consent) -> Principal | None:
        """The giver as it is now; None where the consent counts no longer."""
        try:
            by = self._now(consent.by)
            self.check(consent.rule, by)
        except NoConsent:
            return None
        return by

    def _now(self, by: Principal) -> Principal:
        """Whoever is at the box is known by that; everybody else by a good token. Raises `NoConsent`."""
        if by.at_box:
            return by
        role = self._identity.role_of(by.id)
        if role is None:
            raise NoConsent(f"{by.id} has no token any more")
        return Principal(by.id, role)

    def _why_not(self, consent: Consent) -> str:
        try:
            self.check(consent.rule, self._now(consent.by))
        except NoConsent as error:
            return (
                str(error)
                if consent.rule in self._policy().limits
                else f"there is no limit {consent.rule} any more"
            )
        return ""

    def _record_end(self, consent: Consent, why: str) -> None:
        try:
            self._ledger.append(_ended(consent, self._clock.wall(), why, ""))
        except LedgerUnavailable as error:
            log.error("not recorded: waiver %s ended (%s): %s", consent.id, why, error)

    def _tell(self, consent: Consent, change: str) -> None:
        data: dict[str, Json] = {"change": change, "id": consent.id, "rule": str(consent.rule)}
        data |= {"about": consent.thing or None, "principal": consent.by.id}
        self._observers.publish("house", TOPIC, self._clock.wall(), data)


def _given(consent: Consent) -> Entry:
    body: dict[str, Json] = {
        "waived": consent.id,
        "rule": str(consent.rule),
        "role": consent.by.role,
        "at_box": consent.by.at_box,
        "until_ms": round(consent.until * 1000),
    }
    return Entry(
        KIND, consent.since, body, principal=consent.by.id, thing=consent.thing, private={"why": consent.why}
    )


def _ended(consent: Consent, at: float, why: str, by: str) -> Entry:
    body: dict[str, Json] = {"ended": consent.id, "rule": str(consent.rule), "because": why}
    return Entry(KIND, at, body, principal=by, thing=consent.thing)


def _read(row: Record) -> Consent | None:
    """A waiver as the ledger has it; None for what this version cannot read: then the limit holds."""
    body = row.body
    until, (name, _, rule) = body.get("until_ms"), str(body.get("rule")).rpartition("/")
    if not isinstance(until, int) or body.get("role") not in set(Role) or not name:
        return None
    by = Principal(row.principal, Role(str(body["role"])), at_box=body.get("at_box") is True)
    why = str((row.private or {}).get("why", ""))
    return Consent(str(body.get("waived")), RuleRef(name, rule), row.thing, by, row.at, until / 1000, why)
