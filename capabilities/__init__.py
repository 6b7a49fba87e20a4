"""What devices can do: Thing Descriptions, values and their quality, the vocabulary, the Thing Models. Pure: no clock, no I/O.

Names are loaded at their first use, for the TD models are heavy and a running gateway rarely needs them. To compose a
Thing import `capabilities.compose.compose`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from capabilities.components import AffordanceDescription, ComponentDescription
    from capabilities.effects import INPUT, Effect, fits
    from capabilities.errors import CapabilityError, ComposeError, ModelError, SchemaError
    from capabilities.naming import allot_names, primary, slug
    from capabilities.readings import Contact, Observation, Occurrence, Reading, Refusal, Report
    from capabilities.schema import Validator, compile_schema
    from capabilities.td import (
        ActionAffordance,
        DataSchema,
        EventAffordance,
        ExpectedResponse,
        Form,
        Link,
        PropertyAffordance,
        SecurityScheme,
        ThingDescription,
        ThingModel,
        VersionInfo,
    )
    from capabilities.thing import EventSource, Operation, Property, Thing
    from capabilities.thing_models import all_models, model
    from capabilities.vocabulary import (
        KINDS,
        Evidence,
        Hazard,
        Json,
        Privacy,
        Privilege,
        Quality,
        Reversibility,
    )

__all__ = [
    "INPUT", "KINDS", "ActionAffordance", "AffordanceDescription", "CapabilityError", "ComponentDescription",
    "ComposeError", "Contact", "DataSchema", "Effect", "EventAffordance", "EventSource", "Evidence",
    "ExpectedResponse", "Form", "Hazard", "Json", "Link", "ModelError", "Observation", "Occurrence", "Operation",
    "Privacy", "Privilege", "Property", "PropertyAffordance", "Quality", "Reading", "Refusal", "Report", "Reversibility",
    "SchemaError", "SecurityScheme", "Thing", "ThingDescription", "ThingModel", "Validator", "VersionInfo",
    "all_models", "allot_names", "compile_schema", "fits", "model", "primary", "slug",
]  # fmt: skip

_HOMES: Final = {
    "components": ("AffordanceDescription", "ComponentDescription"),
    "effects": ("INPUT", "Effect", "fits"),
    "errors": ("CapabilityError", "ComposeError", "ModelError", "SchemaError"),
    "naming": ("allot_names", "primary", "slug"),
    "readings": ("Contact", "Observation", "Occurrence", "Reading", "Refusal", "Report"),
    "schema": ("Validator", "compile_schema"),
    "td": (
        "ActionAffordance", "DataSchema", "EventAffordance", "ExpectedResponse", "Form", "Link",
        "PropertyAffordance", "SecurityScheme", "ThingDescription", "ThingModel", "VersionInfo",
    ),
    "thing": ("EventSource", "Operation", "Property", "Thing"),
    "thing_models": ("all_models", "model"),
    "vocabulary": ("KINDS", "Evidence", "Hazard", "Json", "Privacy", "Privilege", "Quality", "Reversibility"),
}  # fmt: skip
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        return getattr(import_module(f"capabilities.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'capabilities' has no attribute {name!r}")
