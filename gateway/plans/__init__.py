"""Several commands as one: prepared, committed, checkpointed, resumed, and undone where one of them fails."""

from gateway.plans.keeper import PlanKeeper

__all__ = ["PlanKeeper"]
