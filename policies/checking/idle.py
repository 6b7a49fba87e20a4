"""Rules about uses that nobody is allowed: they stand there and do nothing, whatever happens."""

from __future__ import annotations

from policies.checking.remarks import Remarks
from policies.compare.books import NEVER, Content
from policies.compare.boxes import Region
from policies.compare.wording import all_of, listed, whom
from policies.decision import RuleRef


def rules_without_uses(content: Content, remarks: Remarks) -> None:
    """Limits, asks and thens of the root none of whose uses an allow lets through: an allow is missing, or `who` or `on` is a
    slip. Sets that narrow are made for whatever a root allows, and what is `never` to be may well be allowed to nobody.
    """
    root = content.allows[0][0]
    for one in content.restrictions:
        if one.ref.set == root and (one.is_ask or NEVER not in one.conditions):
            _unless_used(one.ref, one.region, "ask about" if one.is_ask else "limit", content, remarks)
    for duty in content.duties:
        if duty.ref.set == root:
            _unless_used(duty.ref, duty.region, "be owed for", content, remarks)


def _unless_used(ref: RuleRef, region: Region, to_do: str, content: Content, remarks: Remarks) -> None:
    boxes = [*region.boxes()]
    if any(box.meet(usable) is not None for box in boxes for usable in content.usable):
        return
    who = all_of({whom(box) for box in boxes}) or "anybody"
    limited = region.uses.where.things or region.uses.where.rooms or region.uses.where.labels
    at = " there" if limited else ""
    remarks.note(
        ref,
        f"no allow lets {who} use {listed(sorted(region.uses.on), 'or')}{at}: there is nothing to {to_do}",
    )
