"""W3C Web of Things Thing Description 1.1 (W3C Recommendation, 5 December 2023), JSON in and out.

Every member survives: unknown ones are kept, absent ones stay absent, and an explicit null stays null. So
`ThingDescription.model_validate_json(text).to_json()` equals `text` as JSON. Members with the prefix `hearth:`
(context `urn:hearth:ns:1#`) are typed here and described in `capabilities/models/README.md`.

These models stand at the edges, where a description comes from outside or goes there. Inside, a Thing keeps its description as
plain JSON that it shares with its like (`Thing.document`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ModelWrapValidatorHandler, model_validator
from pydantic.alias_generators import to_camel

from capabilities.vocabulary import Hazard, Privacy, Privilege, Reversibility

TD_CONTEXT: Final = "https://www.w3.org/2022/wot/td/v1.1"
HEARTH_NAMESPACE: Final = "urn:hearth:ns:1#"


class Node(BaseModel):
    """An object of a TD. Python names are the members' names in snake case; values are never coerced."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="allow",
        strict=True,
        defer_build=True,  # a schema is built at its first use: most runs never parse a foreign TD
    )

    @model_validator(mode="wrap")
    @classmethod
    def _tell_names_apart(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Pydantic takes an unknown member `read_only` for the field of that name, which is the member `readOnly`, as given."""
        node = handler(data)
        if node.__pydantic_extra__ and isinstance(data, dict):
            for name in node.__pydantic_extra__.keys() & cls.model_fields.keys():
                if cls.model_fields[name].alias not in data:
                    node.__pydantic_fields_set__.discard(name)
        return node

    def to_dict(self) -> dict[str, JsonValue]:
        """As JSON data, with exactly the members that were given."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def to_json(self) -> bytes:
        """As JSON text, UTF-8."""
        return self.model_dump_json(by_alias=True, exclude_unset=True).encode()

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Parse JSON data. Raises `pydantic.ValidationError`."""
        return cls.model_validate(document)


Texts = dict[str, str]
Security = str | list[str]
Number = int | float


class DataSchema(Node):
    """Section 5.3.2: what a value looks like. `capabilities.schema` compiles it."""

    at_type: str | list[str] | None = Field(None, alias="@type")
    title: str | None = None
    titles: Texts | None = None
    description: str | None = None
    descriptions: Texts | None = None
    type: str | None = None
    const: JsonValue = None
    default: JsonValue = None
    unit: str | None = None
    one_of: list[DataSchema] | None = None
    enum: list[JsonValue] | None = None
    read_only: bool | None = None
    write_only: bool | None = None
    format: str | None = None
    items: DataSchema | list[DataSchema] | None = None
    min_items: int | None = None
    max_items: int | None = None
    minimum: Number | None = None
    exclusive_minimum: Number | None = None
    maximum: Number | None = None
    exclusive_maximum: Number | None = None
    multiple_of: Number | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    content_encoding: str | None = None
    content_media_type: str | None = None
    properties: dict[str, DataSchema] | None = None
    required: list[str] | None = None


class ExpectedResponse(Node):
    """Section 5.3.4.3, and 5.3.4.4 for an additional response: `schema` names one of `schemaDefinitions`."""

    content_type: str | None = None
    success: bool | None = None
    response_schema: str | None = Field(None, alias="schema")


class Form(Node):
    """Section 5.3.4.2: how to do `op` at `href`."""

    href: str
    op: str | list[str] | None = None
    content_type: str | None = None
    content_coding: str | None = None
    subprotocol: str | None = None
    security: Security | None = None
    scopes: str | list[str] | None = None
    response: ExpectedResponse | None = None
    additional_responses: list[ExpectedResponse] | None = None


class Link(Node):
    """Section 5.3.4.1."""

    href: str
    type: str | None = None
    rel: str | None = None
    anchor: str | None = None
    sizes: str | None = None
    hreflang: str | list[str] | None = None


class SecurityScheme(Node):
    """Section 5.3.3. The members of the particular schemes are kept as they are."""

    scheme: str
    at_type: str | list[str] | None = Field(None, alias="@type")
    description: str | None = None
    proxy: str | None = None


class VersionInfo(Node):
    """Section 5.3.1.5."""

    instance: str | None = None
    model: str | None = None


class EffectDescription(Node):
    """`hearth:effect`: `property` must show `expected` (absent: the value that was asked for), or one of `oneOf`, within
    `within` seconds; numbers may differ by `tolerance`.
    """

    property: str
    within: Number
    expected: JsonValue = None
    one_of: list[JsonValue] | None = None
    tolerance: Number | None = None


class SafeValue(Node):
    """The one input of an operation that is meant: of a property write, the value written."""

    value: JsonValue


class AbsoluteForm(Node):
    """`hearth:absolute`: the action is carried out as a write of `property`: its negation (`toggle`), or it plus
    the input (`step`).
    """

    by: Literal["toggle", "step"]
    property: str


class HearthMembers(Node):
    """The `hearth:` members of an affordance."""

    capability: str | None = Field(None, alias="hearth:capability")
    component: str | None = Field(None, alias="hearth:component")
    uncertain: Literal[True] | None = Field(None, alias="hearth:uncertain")
    privilege: Annotated[Privilege, Field(strict=False)] | None = Field(None, alias="hearth:privilege")
    hazard: Annotated[Hazard, Field(strict=False)] | None = Field(None, alias="hearth:hazard")
    reversibility: Annotated[Reversibility, Field(strict=False)] | None = Field(
        None, alias="hearth:reversibility"
    )
    privacy: Annotated[Privacy, Field(strict=False)] | None = Field(None, alias="hearth:privacy")
    effect: EffectDescription | list[EffectDescription] | None = Field(None, alias="hearth:effect")
    toward_safe: Literal[True] | SafeValue | None = Field(None, alias="hearth:towardSafe")
    panic: Literal[True] | SafeValue | None = Field(None, alias="hearth:panic")
    absolute: AbsoluteForm | None = Field(None, alias="hearth:absolute")
    parts: Texts | None = Field(None, alias="hearth:parts")
    rationale: str | None = Field(None, alias="hearth:rationale")


class PropertyAffordance(HearthMembers, DataSchema):
    """Section 5.3.1.3. A property is its own DataSchema."""

    forms: list[Form] | None = None
    uri_variables: dict[str, DataSchema] | None = None
    observable: bool | None = None


class ActionAffordance(HearthMembers):
    """Section 5.3.1.4."""

    at_type: str | list[str] | None = Field(None, alias="@type")
    title: str | None = None
    titles: Texts | None = None
    description: str | None = None
    descriptions: Texts | None = None
    forms: list[Form] | None = None
    uri_variables: dict[str, DataSchema] | None = None
    input: DataSchema | None = None
    output: DataSchema | None = None
    safe: bool | None = None
    idempotent: bool | None = None
    synchronous: bool | None = None


class EventAffordance(HearthMembers):
    """Section 5.3.1.5."""

    at_type: str | list[str] | None = Field(None, alias="@type")
    title: str | None = None
    titles: Texts | None = None
    description: str | None = None
    descriptions: Texts | None = None
    forms: list[Form] | None = None
    uri_variables: dict[str, DataSchema] | None = None
    subscription: DataSchema | None = None
    data: DataSchema | None = None
    data_response: DataSchema | None = None
    cancellation: DataSchema | None = None


class ThingBase(Node):
    """What Thing Descriptions and Thing Models have in common (section 5.3.1.1)."""

    at_context: str | list[str | Texts] = Field(alias="@context")
    at_type: str | list[str] | None = Field(None, alias="@type")
    id: str | None = None
    title: str
    titles: Texts | None = None
    description: str | None = None
    descriptions: Texts | None = None
    version: VersionInfo | None = None
    created: str | None = None
    modified: str | None = None
    support: str | None = None
    base: str | None = None
    properties: dict[str, PropertyAffordance] | None = None
    actions: dict[str, ActionAffordance] | None = None
    events: dict[str, EventAffordance] | None = None
    links: list[Link] | None = None
    forms: list[Form] | None = None
    profile: str | list[str] | None = None
    schema_definitions: dict[str, DataSchema] | None = None
    uri_variables: dict[str, DataSchema] | None = None
    kind: str | None = Field(None, alias="hearth:kind")
    uncertain: Literal[True] | None = Field(None, alias="hearth:uncertain")


class ThingDescription(ThingBase):
    """A TD. Affordances may lack `forms`: the server adds those that the caller may use."""

    security: Security
    security_definitions: dict[str, SecurityScheme]
    room: str | None = Field(None, alias="hearth:room")
    labels: list[str] | None = Field(None, alias="hearth:labels")


class ThingModel(ThingBase):
    """A Thing Model (chapter 9): the class-level contract that a component is composed from."""

    security: Security | None = None
    security_definitions: dict[str, SecurityScheme] | None = None
    optional: list[str] = Field(default_factory=list, alias="tm:optional")
