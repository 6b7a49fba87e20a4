"""How somebody may use one affordance, by the rules, from what the API explains."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from capabilities.vocabulary import Json
from gateway.context import Gateway
from gateway.mcp.tools.refusing import findings
from gateway.mcp.tools.shapes import Bounds, Finding, Short, bounds_of
from policies.decision import RuleRef

MOST_CONDITIONS: Final = 8


class Now(Short):
    """What stands against it at this moment; with `value` against that value alone."""

    verdict: str
    findings: list[Finding]
    value: bool | None = None


class Use(Short):
    verdict: str = Field(description="The best that the rules can say: permit or needs-approval.")
    hazard: int = Field(description="0 comfort, 1 nuisance, 2 property, 3 life.")
    approvers: list[str] | None = Field(None, description="Who would have to approve: roles or ids.")
    accepted: Bounds | None = None
    conditions: list[str] | None = None
    now: Now | None = None


def use_of(gateway: Gateway, told: dict[str, Json]) -> Use:
    """From a member of `uses` as `/policies/explain` has it."""
    conditions, now = told.get("conditions"), told.get("now")
    listed = [str(one) for one in conditions] if isinstance(conditions, list) else []
    return Use(
        verdict=str(told["verdict"]),
        hazard=int(str(told["hazard"])),
        approvers=_approvers(gateway, told.get("rules")) if told["verdict"] == "needs-approval" else None,
        accepted=bounds_of(told.get("accepted")),
        conditions=listed[:MOST_CONDITIONS] or None,
        now=_now(now) if isinstance(now, dict) else None,
    )


def _now(told: dict[str, Json]) -> Now:
    reasons = told.get("reasons")
    listed = findings(reasons) if isinstance(reasons, list) else []
    value = told.get("value")
    return Now(
        verdict=str(told["verdict"]),
        findings=[Finding.model_validate(one) for one in listed],
        value=value if isinstance(value, bool) else None,
    )


def _approvers(gateway: Gateway, rules: Json) -> list[str] | None:
    """Whom the rules that ask name."""
    found: list[str] = []
    for text in rules if isinstance(rules, list) else []:
        name, _, rule = str(text).partition("/")
        ask = gateway.policy.asks.get(RuleRef(name, rule))
        found += ask.approver_words if ask is not None else ()
    return list(dict.fromkeys(found)) or None
