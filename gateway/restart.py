"""What a start takes up of the run before, in its order."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from capabilities.vocabulary import Json
from gateway import undriven
from gateway.context import Gateway
from gateway.keeping.arrived import arrived
from gateway.ledger import Entry, Record
from gateway.obligations.owed import FAILED
from gateway.rebuild import remember
from gateway.recovered import TimeToRecover
from gateway.recovery import Recovery, resume
from gateway.rests import Rests


async def restore(
    gateway: Gateway,
    recovery: Recovery,
    recovering: TimeToRecover,
    rests: Rests,
    last: Record | None,
    *,
    running: Collection[str] = (),
) -> list[Record]:
    """Brings back what the run before knew and left open; returns what is to be settled by looking at the devices. `last` is
    the ledger's last entry before this run, `running` are drivers that run in a moment.
    """
    await arrived(gateway.config.state_dir, gateway.ledger, gateway.parts.notifier, gateway.clock)
    undriven.tell(gateway, running)
    await recovering.look_back(last)
    open_rows = await recovery.restore_keys()
    await remember(gateway, rests, last)
    left = recovering.left
    left["leases"] = await gateway.leases.restore()
    left["obligations"] = await gateway.obligations.restore(gateway.executor, last)
    now = gateway.clock.wall()
    recovering.follow(one.id for one in gateway.obligations.owed() if one.due <= now and one.state != FAILED)
    waiting = await gateway.approvals.restore(open_rows)
    open_rows = resume(gateway.executor, waiting, open_rows)
    gateway.authors.left_open(open_rows)
    left |= {"approvals": len(waiting), "executions": len(open_rows)}
    body: dict[str, Json] = {"rules": gateway.policy.version, "unsettled": len(open_rows)}
    gateway.ledger.append(Entry(kind="start", at=gateway.clock.wall(), body=body))
    return open_rows


async def go_on(
    gateway: Gateway, recovery: Recovery, recovering: TimeToRecover, open_rows: list[Record]
) -> None:
    """Plans go on, devices are looked at; when all is settled, it is told."""
    recovering.left["plans"] = await gateway.plans.restore()
    if open_rows:
        gateway.supervisor.keep("recovery", partial(recovery.settle, open_rows))
    if recovering.is_due:
        finish = partial(recovering.finish, recovery, gateway.messages, gateway.parts.notifier)
        gateway.supervisor.keep("recovered", finish)
