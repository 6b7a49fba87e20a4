"""A person's "always" as a rule: the text of an `[[allow]]` that lets exactly this go unasked, for the household's own set.

It is proposed, and comes into force as any edit of the rules does: who may write rules reads it first, and is told who may do
more by it. The allow also allows what it names: it is made for a use that the rules let pass but for their questions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from capabilities.vocabulary import Hazard, Privilege
from policies.asking import OpenAsk
from policies.decision import Principal, RuleRef, Subject
from policies.documents import AllowTable, BoundsTable
from policies.fields import Scalar, written_id
from policies.patterns import is_exact
from policies.policy import Policy
from policies.problems import PolicyError, Problem

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
"""Keys of TOML that need no quotes."""


def why_not_always(policy: Policy, asks: Sequence[OpenAsk], subject: Subject) -> str:
    """Why no rule can let the use go unasked for ever, in words; "" where one can. `asks` are those that are open."""
    if not asks:
        return "nothing asks about it"
    if subject.hazard >= Hazard.LIFE_SAFETY:
        return "what can cost a life is asked about each time"
    for ask in asks:
        if ask.once:
            return f'rule "{ask.ref.rule}" asks each time'
        if ask.ref.set != policy.root:
            return f'rule "{ask.ref.rule}" is not the household\'s own: it stands in set "{ask.ref.set}"'
    return ""


def who_goes_unasked(policy: Policy, asks: Sequence[OpenAsk], chain: Sequence[Principal]) -> tuple[str, ...]:
    """The ids that a rule must name so that a requester with this chain goes unasked: everybody whom the asks are about."""
    found = (one.id for ask in asks for one in policy.asked_of(ask.ref, chain))
    return tuple(dict.fromkeys(found))


def proposed_allow(
    rule_id: str,
    who: Sequence[str],
    capability: str,
    thing: str,
    *,
    asks: Sequence[RuleRef],
    why: str,
    value: BoundsTable | None = None,
    members: Mapping[str, BoundsTable] | None = None,
    privilege: Privilege = Privilege.OPERATE,
) -> str:
    """The rule `rule_id` as TOML: the principals `who` (ids) use `capability` on `thing` without the questions of `asks`, as
    far as the input keeps `value` and `members` (None: whatever it is).

    `privilege` is the subject's own. Raises `PolicyError` where a word is none that a rule may have: `why` is one line of
    1 to 300 characters, `rule_id` is lower-case letters, digits and "-".
    """
    words: dict[str, object] = {
        "id": rule_id,
        "who": [written_id(one) for one in dict.fromkeys(who)],
        "may": [capability],
        "things": [thing],
        "privilege": str(privilege),
        "unasked": [*dict.fromkeys(ask.rule for ask in asks)],
        "why": why,
    }
    if value is not None:
        words["value"] = _bounds(value)
    if members:
        words["members"] = {name: _bounds(one) for name, one in members.items()}
    _check(words)
    if privilege.rank <= Privilege.OPERATE.rank:
        del words["privilege"]
    text = "[[allow]]\n" + "".join(f"{word} = {_toml(one)}\n" for word, one in words.items())
    if any("\ud800" <= char <= "\udfff" for char in text):  # text to Python, and to nobody else
        raise PolicyError([Problem("", 0, rule_id, "has characters that no file can have")])
    return text


def _check(words: Mapping[str, object]) -> None:
    try:
        table = AllowTable.model_validate(words)
    except ValidationError as error:
        raise PolicyError(
            Problem("", 0, ".".join(str(part) for part in one["loc"]), one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ) from None
    if not all(map(is_exact, table.may or ())):
        raise PolicyError([Problem("", 0, "may", "must name one capability: nobody said always to others")])


def _bounds(table: BoundsTable) -> dict[str, object]:
    found = table.model_dump(exclude_none=True)
    return {word: [*one] if isinstance(one, tuple) else one for word, one in found.items()}


def _toml(value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {_toml(one)}" for name, one in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return _scalar(value) if isinstance(value, bool | int | float | str) else _scalar(str(value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _scalar(name)


def _scalar(value: Scalar) -> str:
    """JSON's escapes are TOML's, too; control characters do not come here."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
