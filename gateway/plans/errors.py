"""Why a plan cannot be had, committed or changed. Each text says what would be right."""

from __future__ import annotations

from gateway.plans.preparing import Draft


class PlanError(Exception):
    """Not so."""


class NoSuchPlan(PlanError):
    """There is none, or none that the caller may see."""


class WrongState(PlanError):
    """The plan is not where that could be done."""


class WrongDigest(PlanError):
    """It is not what the caller looked at."""


class NotForYou(PlanError):
    """It is somebody else's to do."""


class TooManyPlans(PlanError):
    """Bounds on what one may leave behind."""


class KeyReused(PlanError):
    """The idempotency key belongs to another plan."""


class NotCommittable(PlanError):
    """The rules, or what stands in the way, forbid a step. `draft` says which."""

    def __init__(self, text: str, draft: Draft) -> None:
        self.draft = draft
        super().__init__(text)


class Changed(PlanError):
    """Since it was prepared something became worse; `draft` is the plan prepared afresh."""

    def __init__(self, changes: list[str], draft: Draft) -> None:
        self.changes = changes
        self.draft = draft
        super().__init__("; ".join(changes))
