"""Bugs of one operator each, as they slip in: what each would mean, what stands in the file, and what would stand there."""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.policies.planted_in_conditions import PLANTED_IN_CONDITIONS


class Bug(NamedTuple):
    file: str
    meaning: str
    old: str
    new: str


_PLANTED_IN_RULES: Final = {
    "acceptance.py": (
        ("members that are given are not looked at", "if member in value\n", "if member not in value\n"),
    ),
    "binding.py": (
        (
            "silence permits",
            "reasons = [*self._silent]",
            "reasons = [*self._silent[:0]]",
        ),
        (
            "rates and hours hold for nobody",
            "limit.safe_clauses if safe else limit.clauses",
            "limit.clauses if safe else limit.safe_clauses",
        ),
        (
            "bounds are looked at only where they are kept",
            "if not admitted and (limit.value is not None",
            "if admitted and (limit.value is not None",
        ),
        (
            "only safe commands are asked about",
            "if not request.toward_safe:\n            self._ask_people",
            "if request.toward_safe:\n            self._ask_people",
        ),
        (
            "what is remembered for starts holds for stops",
            "self._permits.get((safe, is_start))",
            "self._permits.get((safe, True))",
        ),
        (
            "what counts by night counts by day, once it was remembered",
            "self._varies = any(when for _, when in self._counting) or",
            "self._varies =",
        ),
        (
            "what is owed by night is owed by day, once it was remembered",
            "any(when for _, when in self._counting) or any(then.when for then in thens)",
            "any(when for _, when in self._counting)",
        ),
        (
            "what is accepted by night is what is accepted by day",
            "if when is None or when.applies(request, facts):",
            "if when is None:",
        ),
        (
            "what is accepted by day is what is accepted by night",
            "if when is None or when.applies(request, facts):",
            "if when is None or True:",
        ),
        (
            "a permit by the clock is not looked at again before the send",
            "or any(then.when is not None and then.when.looks_at_facts for then in thens)",
            "",
        ),
        (
            "a moment that cannot be had is one where nothing counts",
            "            reasons.append(failed)\n        return True",
            "            reasons[:0] = []\n        return False",
        ),
        (
            "one ask with conditions drops the others",
            "self.always_asks = any(not (ask.clauses",
            "self.always_asks = all(not (ask.clauses",
        ),
        (
            "consents deny, and their lack permits",
            "if waiver is None:\n                reasons += found",
            "if waiver is not None:\n                reasons += found",
        ),
        (
            "a consent lives on at its end",
            "not 0 < waiver.left_s < math.inf",
            "not 0 <= waiver.left_s < math.inf",
        ),
        (
            "software consents, people do not",
            "or not waiver.by.role.is_person",
            "or waiver.by.role.is_person",
        ),
        (
            "what is not waivable is waived",
            "if limit.waivable_by is None:\n        return None",
            "if limit.waivable_by is not None:\n        return None",
        ),
        ("asks within their conditions", "if ask.clauses and not failed:", "if ask.clauses and failed:"),
        ("approvals of other rules count", "ask.ref in approval.asks", "ask.ref not in approval.asks"),
        (
            "only old approvals count",
            "approval.age_s <= ask.valid.seconds",
            "approval.age_s >= ask.valid.seconds",
        ),
        (
            "a yes to this use alone counts for ever",
            "if approval.standing\n            else",
            "if not approval.standing\n            else",
        ),
        ("a yes for a while answers what is asked each time", "not ask.once and 0", "0"),
        ("one yes is as good as two", "if len(given) == ask.approvals:", "if given:"),
        (
            "who says yes twice is two",
            "given.setdefault(approval.approver.id, approval)",
            "given[str(len(given))] = approval",
        ),
        (
            "only what is lifted bounds",
            "for one in self._limits if one.ref not in lifted]",
            "for one in self._limits if one.ref in lifted]",
        ),
        (
            "who is asked is told of no duties",
            "() if verdict is Verdict.DENY else owed",
            "() if verdict is not Verdict.DENY else owed",
        ),
        (
            "what rests on a consent is not looked at again before the send",
            "self._rests_on_facts or bool(answers),\n        )\n\n    def _due",
            "self._rests_on_facts,\n        )\n\n    def _due",
        ),
        ("silence is denied where something allows", "        if not covering:\n", "        if covering:\n"),
    ),
    "sparing.py": (
        ("what is asked each time goes unasked", "or ask.once", ""),
        ("an always of the household spares other sets", "if one.ref.set == ask.ref.set]", "]"),
        ("an always reaches beyond its allow", "if one.covers_use(subject, patterns)]", "]"),
        ("an always is everybody's", "for one in covering if one.who.fits(who)", "for one in covering"),
        ("bounds are no bounds", "any(not one.within for one in allows)", "any(allows)"),
        (
            "an input beyond the bounds goes unasked",
            "failure(request, facts) is None",
            "failure(request, facts) is not None",
        ),
        (
            "one way for all is one way for the last",
            "            return None\n        rules",
            "            continue\n        rules",
        ),
    ),
    "asking.py": (
        (
            "what is denied asks people",
            "if decision.verdict is not Verdict.NEEDS_APPROVAL:",
            "if decision.permitted:",
        ),
    ),
    "policy.py": (
        (
            "only the first allow lets see",
            "for allow in allows)\n                for _, one, allows",
            "for allow in allows[:1])\n                for _, one, allows",
        ),
        ("mandates do not narrow", "narrowed if allows]", "narrowed if not allows]"),
        (
            "an agent forgets its person",
            "principal.chain, self._rules",
            "(principal, *principal.makers), self._rules",
        ),
        (
            "who was a guest stays one",
            "known is principal or known == principal",
            "known is principal or known.id == principal.id",
        ),
        (
            "there is nothing that one may not answer",
            "return ask is not None and bool(chain) and",
            "return ask is not None or bool(chain) and",
        ),
        (
            "shadows cry where they agree",
            "if would.verdict >= decision.verdict:",
            "if would.verdict > decision.verdict:",
        ),
    ),
    "compile.py": (
        (
            "a set that narrows spares the question",
            "for rule in one.document.allow if rule.unasked",
            "for rule in one.document.allow if not rule",
        ),
        (
            "shadows are taken in earnest",
            "real = [one for one in narrowing if not one.document.shadow]",
            "real = [*narrowing]",
        ),
        (
            "the limits of narrowing sets are lost",
            "for one in sets for table in one.document.limit",
            "for one in sets[:1] for table in one.document.limit",
        ),
    ),
    "selectors.py": (
        ("things turned round", "subject.thing in self.things", "subject.thing not in self.things"),
        ("a rule for a room holds everywhere", "(self.rooms is None or", "(self.rooms is not None or"),
        (
            "hazard_min = 2 lets hazard 2 pass",
            "subject.hazard >= self.hazard_min",
            "subject.hazard > self.hazard_min",
        ),
        (
            "a limit on manage binds what is below",
            "subject.privilege.rank >= self.privilege_rank",
            "subject.privilege.rank <= self.privilege_rank",
        ),
        (
            "a limit on agents binds none that acts for somebody",
            "any(self.who.fits(one) for one in principals)",
            "all(self.who.fits(one) for one in principals)",
        ),
        ("a role alone fits nobody", "principal.role in self.roles or", "principal.role in self.roles and"),
        ("who is called owner is the owner", "principal.id in self.ids", "principal.id in self.words"),
        ("adults are owners only", "roles |= {Role.OWNER}", "roles &= {Role.OWNER}"),
    ),
    "rules.py": (
        ("safe commands are free of what binds them", "if not one.spares_safe)", "if one.spares_safe)"),
        ("rates of the night count nothing", "yield clause.when\n", "yield from ()\n"),
        (
            "a bound of the night does not narrow what is accepted",
            "yield clause.when, clause.clause\n",
            "yield from ()\n",
        ),
        (
            "an allow of operate allows to administer",
            "<= self.privilege_rank\n            and self.where.fits(subject)\n            and (self.all_of_it or any(self",
            ">= self.privilege_rank\n            and self.where.fits(subject)\n            and (self.all_of_it or any(self",
        ),
        (
            "wildcards reach what can kill",
            "hazard < Hazard.LIFE_SAFETY or",
            "hazard <= Hazard.LIFE_SAFETY or",
        ),
        (
            "what can cost a life goes unasked",
            "(is_exact(pattern) and not self.unasked)",
            "is_exact(pattern)",
        ),
        ("the word sensitive hides", "and not self.sees_sensitive", "and self.sees_sensitive"),
        (
            "wildcards reach what is sensitive, and nothing else",
            "is_exact(pattern) or not closed",
            "is_exact(pattern) or closed",
        ),
        ("software answers, people do not", "approver.role.is_person\n", "not approver.role.is_person\n"),
        ("who asks answers itself", "if one is chain[0] or", "if one is not chain[0] and"),
        (
            "a person is barred from its own agent, and not from its own ask",
            "self.uses.who is None or self.uses.who.fits(one))\n        return (",
            "self.uses.who is None or not self.uses.who.fits(one))\n        return (",
        ),
    ),
    "tables.py": (
        ("never means nothing", "value = NOTHING if table.never else", "value = None if table.never else"),
        (
            "never at night means nothing",
            '"", NOTHING),) if table.never else ()',
            '"", NOTHING),) if not table.never else ()',
        ),
        (
            "bounds of the night hold by day",
            "value=value if when is None else None",
            "value=value",
        ),
        (
            "bounds of the night are lost",
            "for clause in (*never, *_withins(table), *clauses))",
            "for clause in (*never, *clauses))",
        ),
        (
            "what is asked by night is asked by day",
            "for clause in clauses or (Every(),))",
            "for clause in clauses)",
        ),
        (
            "duties of the night are owed by day",
            "when=_when(table.when),\n        finding=_finding(table, set_name),\n    )\n\n\ndef _finding",
            "when=None,\n        finding=_finding(table, set_name),\n    )\n\n\ndef _finding",
        ),
        (
            "only a rule without the word sensitive sees it",
            "see=see - {SENSITIVE},\n        sees_sensitive=SENSITIVE in see,",
            "see=see - {SENSITIVE},\n        sees_sensitive=SENSITIVE not in see,",
        ),
        (
            "max_change is lost in an ask",
            "= (*_withins(table), *_changes(table), *_clauses(table, ref))",
            "= (*_withins(table), *_clauses(table, ref))",
        ),
        (
            "max_change is lost in a limit",
            "= (*_changes(table), *_clauses(table, ref))",
            "= (*_clauses(table, ref),)",
        ),
    ),
    "obligations.py": (
        (
            "what stops is timed",
            "if is_start or one.kind not in ON_START",
            "if not is_start or one.kind not in ON_START",
        ),
        (
            "the longest time wins",
            "other if other.value < one.value else one",
            "other if other.value > one.value else one",
        ),
        ("only one of two is told", "(*one.value, *other.value)", "(*one.value,)"),
    ),
    "parts.py": (
        ("the mildest part decides", "verdict = min(one.verdict", "verdict = max(one.verdict"),
        ("what a part accepts is not told", "[members.get(name), part.accepted]", "[members.get(name)]"),
        ("parts are not counted", "for ref in one.counts}", "for ref in one.counts[:0]}"),
    ),
    "index.py": (
        (
            "rules about a room are not found",
            "self._rooms.get(subject.room, ())",
            "()",
        ),
        (
            "rules hold beyond their selectors",
            "if number not in found and rule.uses.fits(chain, subject)",
            "if number not in found",
        ),
    ),
}

BUGS: Final = tuple(
    Bug(file, *texts)
    for file, found in (PLANTED_IN_CONDITIONS | _PLANTED_IN_RULES).items()
    for texts in found
)
