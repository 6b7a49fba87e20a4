"""A case file: examples of what the rules decide, for `hearth policy test`. TOML, with a closed vocabulary.

format = 1

[defaults]                       what every case of this file starts from; a case's own words replace these
given = { who = "agent", person = "adult", mode = "home", at = "tue 10:00" }

[[case]]
name = "At night the agent may not open the front blind"
given = { mode = "night", at = "fri 23:10" }
when  = { thing = "blind-1", room = "bedroom", use = "blind.position", value = 40 }
then  = { verdict = "deny", rule = "quiet-night" }

given                            who asks, and how the world is; what is not given is not known
    who, id                      a role, and the principal's id (the role's name if left out)
    person, person_id            role and id of the person that an agent acts for
    mode, at                     the mode of the house, the local time like "fri 23:10"; both may be "unknown"
    readings                     { "tank.level" = 12 }, or with more: { value, age, good, trusted, deviation }
    present                      the value now of what the use changes (a list: with commands under way), or
                                 { brightness = 40 } of the members of its input
    used                         how long ago rules with a rate counted a use: { band = ["2m", "9m"] }, or
                                 { band = { times = 6, ago = "10m" } }
    off_for                      how long it has been off: "30s", or "on" while it runs
    waived                       consents by rule: { hot-water = "adult" }, or with more: { by, id, left }
    approved                     a person's yes to what was asked: "adult", or with more: { by, id, ago, standing };
                                 a list of them where several say yes
when                             what is asked
    use, value                   a capability and its input; or `see`: a capability to read
    thing, room, labels          where
    hazard, privilege, privacy, toward_safe
                                 as the Thing Model says, unless a device or a person says otherwise
then                             what must come out
    verdict                      permit, ask or deny
    rule                         a rule among the reasons, or several: "band", "safety/band", "no-allow"
    accepted                     { min, max, one_of }: the range that all rules together accept
    remedy                       words in what would make it allowed
    unknown                      whether something that a rule looks at was not known
    owes                         all that a use owes: max_on, restore, confirm, notify
    see                          whether it may be read, for `see`
more_rules                       rules beside the household's, for this case: one with an id of theirs replaces it
only_rules                       rules instead of all others, for this case: what they mean by themselves
more_sets                        { mandate = "…" }: further sets that narrow, for this case
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from policies.cases.fields import (
    UNKNOWN,
    FormatNumber,
    JsonValue,
    Listed,
    Moment,
    Names,
    OneRole,
    OrAges,
    OrOn,
    PrivacyLevel,
    PropertyName,
    RuleText,
    Scalar,
    Yeses,
    one_of,
    tabled,
)
from policies.fields import Duration, HazardLevel, Number, Options, PrivilegeLevel, Text, fault
from policies.times import MODES, MOST_IN_A_WINDOW, Span

VERDICTS: Final = ("deny", "ask", "permit")
"""The words of a case for each `Verdict`, in its order."""

OBLIGATIONS: Final = ("max_on", "restore", "confirm", "notify")
NOW: Final = Span("0 s", 0)
AN_HOUR: Final = Span("1h", 3_600)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ReadingTable(_Table):
    """What was heard of a property."""

    value: Scalar
    age: Duration = NOW
    good: bool = True
    trusted: bool = True
    deviation: Number = 0


class UsedTable(_Table):
    """Uses that a rule counted: each with its age, or so many of one age."""

    each: Annotated[tuple[Duration, ...], Listed, Field(strict=False, min_length=1)] | None = None
    times: Annotated[int, Field(ge=1, le=MOST_IN_A_WINDOW)] = 1
    ago: Duration | None = None

    @model_validator(mode="after")
    def _says_when(self) -> UsedTable:
        if (self.each is None) == (self.ago is None):
            raise fault('must be ages like ["2m", "9m"], or { times = 6, ago = "10m" }')
        return self

    @property
    def ages(self) -> list[float]:
        """In seconds, the latest first."""
        spans = self.each if self.each is not None else (self.ago or NOW,) * self.times
        return sorted(float(span.seconds) for span in spans)


class WaivedTable(_Table):
    """A consent to leave a limit out."""

    by: OneRole
    id: Text = "another adult"
    left: Duration = AN_HOUR


class ApprovedTable(_Table):
    """A yes to what the rules asked. `standing`: one for a while, or for a whole plan."""

    by: OneRole
    id: Text | None = None
    ago: Duration = NOW
    standing: bool = False


class GivenTable(_Table):
    """Who asks, and how the world is."""

    who: OneRole | None = None
    id: Text | None = None
    person: OneRole | None = None
    person_id: Text | None = None
    mode: Annotated[str, one_of(*MODES, UNKNOWN)] = UNKNOWN
    at: Moment = None
    readings: dict[PropertyName, Annotated[ReadingTable, tabled("value")]] = {}
    present: JsonValue | None = None
    used: dict[str, Annotated[UsedTable, OrAges]] = {}
    off_for: Annotated[Duration | None, OrOn] = NOW
    waived: dict[str, Annotated[WaivedTable, tabled("by")]] = {}
    approved: Annotated[tuple[ApprovedTable, ...], Yeses, Field(strict=False)] = ()

    def over(self, defaults: GivenTable) -> GivenTable:
        """These words, and those of `defaults` where this says nothing."""
        return defaults.model_copy(update={name: getattr(self, name) for name in self.model_fields_set})


class WhenTable(_Table):
    """What is asked."""

    use: Text | None = None
    see: Text | None = None
    value: JsonValue | None = None
    thing: Text = "it"
    room: str = ""
    labels: Names | None = None
    hazard: HazardLevel | None = None
    privilege: PrivilegeLevel | None = None
    privacy: PrivacyLevel | None = None
    toward_safe: bool | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> WhenTable:
        if (self.use is None) == (self.see is None):
            raise fault("must say either use (a capability to use) or see (one to read)")
        if self.see is not None and self.value is not None:
            raise fault("reads, so there is no value")
        return self


class AcceptedTable(_Table):
    """The range that all rules together accept: what is left out here is not looked at."""

    min: Number | None = None
    max: Number | None = None
    one_of: Options | None = None


class ThenTable(_Table):
    """What must come out."""

    verdict: Annotated[str, one_of(*VERDICTS)] | None = None
    rule: Names | None = None
    accepted: AcceptedTable | None = None
    remedy: Text | None = None
    unknown: bool | None = None
    owes: Annotated[tuple[Annotated[str, one_of(*OBLIGATIONS)], ...], Field(strict=False)] | None = None
    see: bool | None = None


class DefaultsTable(_Table):
    """What every case of a file starts from."""

    given: GivenTable = GivenTable()
    more_rules: RuleText | None = None
    only_rules: RuleText | None = None


class CaseTable(_Table):
    """One example."""

    name: Text
    given: GivenTable = GivenTable()
    when: WhenTable
    then: ThenTable
    more_rules: RuleText | None = None
    only_rules: RuleText | None = None
    more_sets: dict[Text, RuleText] = {}

    @model_validator(mode="after")
    def _expects_an_answer(self) -> CaseTable:
        if self.when.see is not None and (self.then.see is None or self.then.model_fields_set != {"see"}):
            raise fault("sees something: then must be { see = true } or { see = false }")
        if self.when.use is not None and (self.then.verdict is None or self.then.see is not None):
            raise fault(f"uses something: then must give a verdict ({', '.join(VERDICTS)})")
        return self


class CaseFile(_Table):
    """A whole case file."""

    format: FormatNumber
    defaults: DefaultsTable = DefaultsTable()
    case: Annotated[tuple[CaseTable, ...], Field(strict=False)] = ()


MODELS: Final[dict[str, type[BaseModel]]] = {
    "": CaseFile, "defaults": DefaultsTable, "case": CaseTable, "given": GivenTable, "when": WhenTable,
    "then": ThenTable, "accepted": AcceptedTable, "readings": ReadingTable, "used": UsedTable,
    "waived": WaivedTable, "approved": ApprovedTable,
}  # fmt: skip
"""The vocabulary of each table, by the key that it stands under."""
