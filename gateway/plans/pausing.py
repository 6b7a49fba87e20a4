"""Who may set in motion again what was paused."""

from __future__ import annotations

from gateway.plans.plan import Plan
from policies.decision import Principal, Role

BY_THE_HOUSE = frozenset({"panic", "gateway"})


def may_resume(plan: Plan, by: Principal) -> bool:
    """What a person paused is theirs to resume, or an adult's; what panic paused is an adult's."""
    if not plan.paused_by_person:
        return True
    return by.role in {Role.OWNER, Role.ADULT} or (by.role.is_person and by.id == plan.paused_by)


def who_resumes(plan: Plan) -> str:
    """For whoever may not."""
    return "an adult" if plan.paused_by in BY_THE_HOUSE else f"{plan.paused_by} or an adult"
