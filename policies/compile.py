"""Rule sets to one `Policy`: the root grants, every other set can only narrow.

A narrowing set's limits add to the root's. If it has allow rules whose `who` fits a principal, they are the whole of what
it leaves to that principal: what they do not cover, to use or to see, is denied, whatever the root says. A set without
allow rules for a principal says nothing about what it allows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from policies.documents import AllowTable, LimitTable, RuleSet
from policies.policy import Grants, Policy
from policies.problems import PolicyError, Problem
from policies.rules import Limit, compile_allow, compile_limit

VERSION_HEX_DIGITS: Final = 16
"""64 bits of SHA-256: enough to tell every edit of a household's rules apart, short enough to be read out."""


def compile_rules(root: RuleSet, narrowing: Sequence[RuleSet] = ()) -> Policy:
    """The policy of `root`, narrowed by every set of `narrowing`, in whatever order they come.

    Raises `PolicyError` if two sets have one name: findings could not say which they mean.
    """
    sets = [root, *narrowing]
    names = [one.name for one in sets]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise PolicyError(
            Problem(name, 0, "", "is the name of several sets; give each its own") for name in doubled
        )
    limits: dict[str, list[Limit]] = {}
    for one in sets:
        for table in one.document.limit:
            limit = compile_limit(table, one.name)
            for pattern in limit.on:
                limits.setdefault(pattern, []).append(limit)
    return Policy(
        version_of(root, narrowing),
        _grants(root),
        sorted(map(_grants, narrowing), key=lambda grants: grants.set),
        {pattern: tuple(found) for pattern, found in limits.items()},
    )


def version_of(root: RuleSet, narrowing: Sequence[RuleSet] = ()) -> str:
    """Hexadecimal digits that are the same for the same rules, in whatever order rules, sets and words in lists stand.

    Comments and spacing do not count; `why` does, because decisions show it.
    """
    others = sorted((_canonical(one) for one in narrowing), key=json.dumps)
    text = json.dumps([_canonical(root), others], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_HEX_DIGITS]


def _canonical(rules: RuleSet) -> dict[str, object]:
    return {
        "name": rules.name,
        "allow": sorted(map(_canonical_rule, rules.document.allow)),
        "limit": sorted(map(_canonical_rule, rules.document.limit)),
    }


def _canonical_rule(rule: AllowTable | LimitTable) -> str:
    return json.dumps(_sorted_lists(rule.model_dump(mode="json")), sort_keys=True)


def _sorted_lists(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted_lists(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(one) for one in value})
    return value


def _grants(rules: RuleSet) -> Grants:
    return Grants(rules.name, tuple(compile_allow(table, rules.name) for table in rules.document.allow))
