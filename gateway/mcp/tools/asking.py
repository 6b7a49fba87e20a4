"""That a person has to approve: whom it waits for, where they do so, and where the gateway's own record stands."""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.api.problems import Problem
from gateway.api.wire import rfc3339
from gateway.approvals.asked import Asked
from gateway.mcp.resource import SCHEME
from gateway.mcp.tool import Caller, NeedsPerson


def needs_person(caller: Caller, asked: Asked) -> NeedsPerson:
    """What is raised while something waits for people. Nothing in it answers the question."""
    waits = asked.waits
    url = f"{caller.base}/approvals/{asked.id}/page"
    what = f"the plan {waits}" if asked.plan else f"{asked.same.thing} {asked.same.affordance}"
    summary = f"{_approvers(asked)} must approve {what}, until {rfc3339(asked.expires_at)}"
    members: dict[str, Json] = {
        "approval": asked.id,
        "uri": f"{SCHEME}approvals/{asked.id}",
        "url": url,
        "plan" if asked.plan else "execution": waits,
        "asked": list[Json](asked.to()),
        "expires_at": rfc3339(asked.expires_at),
    }
    detail = f"{summary}. They were asked, and nothing has moved; the same call tells how it ended"
    return NeedsPerson(asked.id, waits, url, summary, Problem("approval-required", detail, members=members))


def _approvers(asked: Asked) -> str:
    return " or ".join(asked.to()) or "a person"
