"""What stands in the way of a command that the rules permit, as far as the Thing itself is concerned."""

from __future__ import annotations

from gateway import outcomes
from gateway.adopted import Adopted
from gateway.commands import Command, Outcome, Reason, Result
from gateway.normalise import Target
from gateway.sending import Sender
from policies import Policy
from policies.decision import Decision


def of_thing(
    sender: Sender, command: Command, adopted: Adopted, target: Target, now: float
) -> Outcome | None:
    """Suspended, already so, or out of reach. `now` in seconds since the epoch."""
    if adopted.suspended and not command.by_house:
        detail = f"{adopted.id} is suspended ({adopted.suspended}); a person must accept it first"
        return Outcome(Result.REFUSED, Reason.SUSPENDED, detail)
    # What is not idempotent could undo itself the second time. What is goes out all the same: our state may be wrong.
    if not target.operation.idempotent and target.already_fits:
        return outcomes.unchanged(target, sent=False)
    lost = adopted.reach.reachable is False  # toward the safe state it is tried even so
    if not sender.runs(adopted.driver) or (lost and not target.toward_safe):
        reason = adopted.reach.reason or f"the driver {adopted.driver} is not running"
        last = target.aims[0].slot if target.aims else None
        return outcomes.unreachable(reason, last, now)
    return None


def needless(policy: Policy, command: Command, adopted: Adopted, target: Target) -> Outcome | None:
    """It is so already: nobody is asked for it, and nothing is sent. Who may not see that, is not told so by it either."""
    if not target.already_fits:
        return None
    readable = adopted.readable()
    shown = (readable.get(aim.slot.property.name) for aim in target.aims)
    if all(subject is not None and policy.may_see(command.principal, subject) for subject in shown):
        return outcomes.unchanged(target, sent=False)
    return None


def changed(what: str, decision: Decision | None = None) -> Outcome:
    """Something is no longer as it was decided on."""
    return Outcome(Result.REFUSED, Reason.CHANGED_MEANWHILE, what, decision=decision)
