"""Decisions, their findings and remedies, by example."""

from __future__ import annotations

import dataclasses

import pytest

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import (
    Accepted,
    AccessRequest,
    Decision,
    Finding,
    Policy,
    PolicyError,
    Principal,
    Remedy,
    Role,
    Subject,
    Verdict,
    compile_rules,
    parse,
)
from policies.policy import MAX_BINDINGS

COO = Principal("coo", Role.AGENT)
ANNA = Principal("anna", Role.ADULT)
BAND = """
[[limit]]
id = "heating-band"
on = ["thermostat.target"]
value = { min = 16, max = 23 }
why = "Comfort without waste"
"""


def policy(text: str, *narrowing: str) -> Policy:
    sets = [parse("format = 1\n" + one, name=f"set{i}") for i, one in enumerate((text, *narrowing))]
    return compile_rules(sets[0], sets[1:])


def allow(may: str = '["*"]', who: str = '["agent"]', rule: str = "all", more: str = "") -> str:
    return f'[[allow]]\nid = "{rule}"\nwho = {who}\nmay = {may}\nwhy = "w"\n{more}\n'


def subject(capability: str = "thermostat.target", /, **changes: object) -> Subject:
    plain = Subject("heater", "hall", frozenset(), capability, Privilege.OPERATE, Hazard.COMFORT)
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def decide(rules: Policy, value: Json = None, of: Subject | None = None, who: Principal = COO) -> Decision:
    return rules.decide(AccessRequest(who, of or subject(), value))


def refused_by(decision: Decision) -> list[str]:
    assert decision.verdict is Verdict.DENY
    return [finding.rule for finding in decision.findings]


def test_a_permit_names_the_rules_that_gave_it() -> None:
    rules = policy(allow() + BAND)
    decision = decide(rules, 16)
    assert decision.permitted
    assert [(finding.rule, finding.why) for finding in decision.findings] == [
        ("all", "w"),
        ("heating-band", "Comfort without waste"),
    ]
    assert decision.accepted == Accepted(16, 23)
    assert decision.version == rules.version


def test_a_refusal_says_what_was_seen_and_what_would_do() -> None:
    decision = decide(policy(allow() + BAND), 23.5)
    assert decision.findings == (
        Finding(
            "heating-band",
            "set0",
            Verdict.DENY,
            "Comfort without waste",
            "23.5 is above 23",
            Remedy("target between 16 and 23", {"minimum": 16, "maximum": 23}),
        ),
    )
    assert decision.accepted == Accepted(16, 23)


def test_every_failed_limit_is_listed_and_the_remedy_keeps_them_all() -> None:
    narrow = '[[limit]]\nid = "eco"\non = ["*.target"]\nvalue = { max = 21 }\nwhy = "w"\n'
    other = '[[limit]]\nid = "kept"\non = ["*"]\nvalue = { min = -10 }\nwhy = "w"\n'
    decision = decide(policy(allow() + BAND + other, narrow), 25)
    assert [(finding.set, finding.rule, finding.seen) for finding in decision.findings] == [
        ("set0", "heating-band", "25 is above 23"),
        ("set1", "eco", "25 is above 21"),
    ]
    assert {finding.remedy and finding.remedy.text for finding in decision.findings} == {
        "target between 16 and 21"
    }
    assert decision.accepted == Accepted(16, 21)


def test_silence_denies_and_tells_which_allow_would_help() -> None:
    (finding,) = decide(policy(""), of=subject("lock.unlock")).findings
    assert (finding.rule, finding.seen) == ("no-allow", "no rule allows agent coo to use lock.unlock")
    assert finding.remedy == Remedy(
        'an allow rule in set "set0" for agent or coo, with may naming "lock.unlock"',
        {"set": "set0", "who": ["agent"], "may": ["lock.unlock"]},
    )


@pytest.mark.parametrize(
    ("text", "changes", "hint"),
    [
        (allow('["light.on"]'), {}, '"thermostat.target"'),
        (allow(who='["adult"]'), {}, '"thermostat.target"'),
        (
            allow(more='rooms = ["attic"]\nthings = ["b", "a"]'),
            {},
            '; "all" allows it only for Things a, b, rooms attic',
        ),
        (
            allow(),
            {"privilege": Privilege.MANAGE},
            ' and privilege = "manage"; "all" lacks the privilege manage',
        ),
        (
            allow(),
            {"hazard": Hazard.LIFE_SAFETY},
            'wildcard; "all" names it by a wildcard only, which does not reach hazard 3',
        ),
    ],
)
def test_a_near_allow_tells_what_it_lacks(text: str, changes: dict[str, object], hint: str) -> None:
    (finding,) = decide(policy(text), 20, subject(**changes)).findings
    assert finding.remedy is not None
    assert finding.remedy.text.endswith(hint)


def test_silence_and_failed_limits_are_told_together() -> None:
    assert refused_by(decide(policy(BAND), 25)) == ["heating-band", "no-allow"]


@pytest.mark.parametrize("may", ["*", "thermostat.*", "*.target"])
def test_hazard_3_is_reached_by_an_exact_name_only(may: str) -> None:
    lethal = subject(hazard=Hazard.LIFE_SAFETY)
    assert decide(policy(allow(f'["{may}"]')), 20, subject(hazard=Hazard.PROPERTY)).permitted
    assert not decide(policy(allow(f'["{may}"]')), 20, lethal).permitted
    assert not policy(allow(f'["{may}"]')).may_use(COO, lethal)
    assert decide(policy(allow(f'["{may}", "thermostat.target"]')), 20, lethal).permitted


@pytest.mark.parametrize("may", ["*", "thermostat.target"])
def test_an_allow_reaches_up_to_its_privilege(may: str) -> None:
    reached = {
        given: [
            str(needed)
            for needed in Privilege
            if decide(policy(allow(f'["{may}"]', more=line)), 20, subject(privilege=needed)).permitted
        ]
        for given, line in (("", ""), *((p, f'privilege = "{p}"') for p in Privilege))
    }
    steps = ["view", "operate", "manage", "administer"]
    assert reached == {
        "": steps[:2], "view": steps[:1], "operate": steps[:2], "manage": steps[:3], "administer": steps,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "bound", "free"),
    [
        ('things = ["heater", "x"]', {}, {"thing": "lamp"}),
        ('rooms = ["hall"]', {}, {"room": ""}),
        ('labels = ["a", "b"]', {"labels": frozenset({"b", "c"})}, {"labels": frozenset({"c"})}),
        ("hazard_min = 2", {"hazard": Hazard.LIFE_SAFETY}, {"hazard": Hazard.NUISANCE}),
        ('privilege = "manage"', {"privilege": Privilege.ADMINISTER}, {"privilege": Privilege.OPERATE}),
        ('on = ["thermostat.*"]', {}, {"capability": "light.target"}),
        ('on = ["*.target"]', {}, {"capability": "thermostat.mode"}),
        ('on = ["thermostat.target"]', {}, {"capability": "thermostat.targets"}),
        ('on = ["thermostat.*"]\nrooms = ["hall"]\nthings = ["heater"]', {}, {"room": "attic"}),
    ],
)
def test_a_limit_binds_what_its_selectors_fit(
    selector: str, bound: dict[str, object], free: dict[str, object]
) -> None:
    on = "" if "on = " in selector else 'on = ["*"]\n'
    rules = policy(
        allow(more='privilege = "administer"', may='["*", "thermostat.target"]')
        + f'[[limit]]\nid = "l"\nwhy = "w"\nvalue = {{ max = 10 }}\n{on}{selector}\n'
    )
    assert refused_by(decide(rules, 11, subject(**bound))) == ["l"]
    assert decide(rules, 11, subject(**free)).permitted


@pytest.mark.parametrize(
    ("who", "fits"),
    [
        ('["agent"]', [COO]),
        ('["coo"]', [COO]),
        ('["id:coo", "owner"]', [COO]),
        ('["adult", "coo"]', [COO, ANNA]),
        ('["id:agent"]', [Principal("agent", Role.GUEST)]),
        ('["guest"]', [Principal("agent", Role.GUEST)]),
    ],
)
def test_roles_and_ids_are_kept_apart(who: str, fits: list[Principal]) -> None:
    everyone = [COO, ANNA, Principal("agent", Role.GUEST), Principal("owner", Role.CHILD)]
    rules = policy(allow(who=who))
    assert [one for one in everyone if decide(rules, who=one).permitted] == fits
    bound = policy(
        allow(who='["agent", "adult", "guest", "child"]')
        + f'[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nnever = true\nwho = {who}'
    )
    assert [one for one in everyone if not decide(bound, who=one).permitted] == fits


def test_toward_safe_still_needs_its_allow_and_its_bounds() -> None:
    def safe(rules: Policy, value: Json) -> Decision:
        return rules.decide(AccessRequest(COO, subject(), value, toward_safe=True))

    assert refused_by(safe(policy(""), 20)) == ["no-allow"]
    assert refused_by(safe(policy(allow() + BAND), 5)) == ["heating-band"]
    assert safe(policy(allow() + BAND), 16).permitted


def see(words: str, who: str = '["agent"]', more: str = "") -> str:
    return f'[[allow]]\nid = "s"\nwho = {who}\nsee = {words}\nwhy = "w"\n{more}\n'


@pytest.mark.parametrize(
    ("words", "public", "sensitive"),
    [
        ('["*"]', True, False),
        ('["lock.*"]', True, False),
        ('["*.state"]', True, False),
        ('["lock.state"]', True, True),
        ('["*", "sensitive"]', True, True),
        ('["lock.*", "sensitive"]', True, True),
        ('["light.*", "sensitive"]', False, False),
        ('["light.color_mode", "lock.operated"]', False, False),
    ],
)
def test_what_is_sensitive_is_seen_by_name(words: str, public: bool, sensitive: bool) -> None:
    rules = policy(see(words))
    for privacy, seen in (
        (Privacy.PUBLIC, public),
        (Privacy.PERSONAL, public),
        (Privacy.SENSITIVE, sensitive),
    ):
        of = subject("lock.state", privilege=Privilege.VIEW, privacy=privacy)
        assert rules.may_see(COO, of) is seen
        assert not rules.may_see(ANNA, of)


def test_sensitive_widens_its_own_rule_only() -> None:
    rules = policy(see('["*"]') + see('["camera.*", "sensitive"]').replace('"s"', '"t"'))
    assert rules.may_see(COO, subject("camera.image", privacy=Privacy.SENSITIVE))
    assert not rules.may_see(COO, subject("lock.state", privacy=Privacy.SENSITIVE))


def test_seeing_keeps_to_selectors_and_privilege_and_is_not_using() -> None:
    rules = policy(see('["*"]', more='rooms = ["hall"]'))
    assert rules.may_see(COO, subject())
    assert not rules.may_see(COO, subject(room="attic"))
    assert not rules.may_see(COO, subject(privilege=Privilege.MANAGE))
    assert rules.may_see(COO, subject(hazard=Hazard.LIFE_SAFETY))
    assert not rules.may_use(COO, subject())
    assert policy(allow()).may_use(COO, subject())
    assert not policy(allow()).may_see(COO, subject())


def test_an_allow_in_a_narrowing_set_is_the_whole_of_what_it_leaves() -> None:
    mandate = allow('["light.*"]', who='["coo"]', rule="mandate")
    root = allow(who='["agent", "adult"]') + see('["*"]', who='["agent", "adult"]')
    rules = policy(root, mandate)
    assert decide(rules, True, subject("light.on")).permitted
    assert refused_by(decide(rules, 20)) == ["no-allow"]
    assert decide(rules, 20).findings[0].set == "set1"
    assert decide(rules, 20, who=ANNA).permitted
    assert not rules.may_see(COO, subject("light.on"))
    assert rules.may_see(ANNA, subject("light.on"))
    assert not policy("", allow()).may_use(COO, subject())


def test_sets_of_one_name_are_refused() -> None:
    one = parse("format = 1", name="same")
    with pytest.raises(PolicyError, match="same: is the name of several sets"):
        compile_rules(one, [one])


def test_a_subject_that_is_no_capability_is_denied() -> None:
    rules = policy(allow() + see('["*"]'))
    for capability in ("", "light", "light.", ".on"):
        broken = subject(capability)
        decision = decide(rules, 1, broken)
        assert refused_by(decision) == ["evaluation-error"]
        assert decision.findings[0].unknown
        assert not rules.may_use(COO, broken)
        assert not rules.may_see(COO, broken)
        assert rules.prospect(COO, broken)[0] is Verdict.DENY


def test_an_error_while_binding_denies() -> None:
    limited = '[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nlabels = ["x"]\nvalue = { max = 1 }'
    broken = dataclasses.replace(subject(), labels=None)  # type: ignore[arg-type]
    assert decide(policy(allow()), 0, broken).permitted
    assert refused_by(decide(policy(allow() + limited), 0, broken)) == ["evaluation-error"]


def test_an_error_while_looking_at_the_value_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy(allow() + BAND + BAND.replace("heating-band", "other"))

    def explode(*_: object) -> bool:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr("policies.bounds.Bounds.admit", explode)
        assert refused_by(decide(rules, 20)) == ["heating-band", "other"]
    assert decide(rules, 20).permitted
    with monkeypatch.context() as patch:
        patch.setattr("policies.bounds.Bounds.seen", explode)
        decision = decide(rules, 25)
    assert refused_by(decision) == ["heating-band", "other"]
    assert all(finding.unknown for finding in decision.findings)


def test_a_disagreement_between_the_whole_and_its_parts_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy(allow() + BAND)
    monkeypatch.setattr("policies.acceptance.Acceptance.admit", lambda *_: False)
    assert refused_by(decide(rules, 20)) == ["evaluation-error"]


def test_a_changed_subject_or_role_is_decided_anew() -> None:
    rules = policy(allow(more='rooms = ["hall"]'))
    of = subject()
    assert decide(rules, 20, of).permitted
    assert not decide(rules, 20, dataclasses.replace(of, room="attic")).permitted
    assert not decide(rules, 20, of, Principal("coo", Role.GUEST)).permitted
    assert decide(rules, 20, of).permitted


def test_what_concerns_a_pair_is_worked_out_once() -> None:
    rules = policy(allow() + BAND)
    of = subject()
    assert decide(rules, 20, of) is decide(rules, 21, of)
    assert rules.forgotten == 0


def test_bindings_are_bounded_counted_and_never_mixed_up() -> None:
    rules = policy(allow(more='rooms = ["hall"]'))
    for number in range(MAX_BINDINGS + 10):
        room = "hall" if number % 2 else "attic"
        assert decide(rules, 20, subject(room=room)).permitted is (room == "hall")
    assert rules.forgotten == 10
