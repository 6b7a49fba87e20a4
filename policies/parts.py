"""Several decisions in one: on an action and on each property that its input sets, on an agent and on its person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policies.bounds import bounds_from, intersection
from policies.decision import Accepted, Decision, Finding, Verdict
from policies.obligations import merged


def strictest(decisions: Iterable[Decision]) -> Decision:
    """The one decision of several on the *same input*: for an agent and the person it acts for. Raises ValueError for none."""
    found = list(decisions)
    if not found:
        raise ValueError("no decision to choose from: silence would have to be a denial")
    return _merge(found, _met(one.accepted for one in found))


def with_parts(whole: Decision, parts: Mapping[str, Decision]) -> Decision:
    """The decision on an object input and on what its members do.

    `parts` are the decisions on writing each member's property, by member: `light.set` with `{"brightness": 80}` also needs
    what `light.brightness` with 80 needs, or a limit would have a way around it.
    """
    own = whole.accepted or Accepted()
    members = dict(own.members)
    for name, part in parts.items():
        accepted = _met([members.get(name), part.accepted])
        if accepted is not None:
            members[name] = accepted
    bounded = whole.accepted is not None or members
    accepted = Accepted(own.minimum, own.maximum, own.one_of, members) if bounded else None
    return _merge([whole, *parts.values()], accepted)


def _merge(decisions: list[Decision], accepted: Accepted | None) -> Decision:
    verdict = min(one.verdict for one in decisions)
    findings: list[Finding] = []
    for finding in (each for one in decisions for each in one.findings):
        is_reason = verdict is Verdict.PERMIT or finding.verdict is not Verdict.PERMIT
        if is_reason and finding not in findings:
            findings.append(finding)
    return Decision(
        verdict,
        tuple(findings),
        decisions[0].version,
        merged(owed for one in decisions for owed in one.obligations),
        accepted,
        tuple(sorted({ref for one in decisions for ref in one.counts})),
        any(one.rests_on_facts for one in decisions),
    )


def _met(all_accepted: Iterable[Accepted | None]) -> Accepted | None:
    """What every one accepts; None where none bounds anything."""
    found = [one for one in all_accepted if one is not None]
    if not found:
        return None
    both = intersection(map(bounds_from, found))
    whole = Accepted() if both is None else both.accepted()
    names = sorted({name for one in found for name in one.members})
    members = {name: _met(one.members.get(name) for one in found) or Accepted() for name in names}
    return Accepted(whole.minimum, whole.maximum, whole.one_of, members)
