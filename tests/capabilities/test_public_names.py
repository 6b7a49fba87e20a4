"""The public names of `capabilities` are what others build on: a change here is meant, or a mistake."""

from __future__ import annotations

import subprocess
import sys

import capabilities


def test_public_names_are_pinned() -> None:
    assert sorted(capabilities.__all__) == sorted(
        [
            "INPUT",
            "KINDS",
            "ActionAffordance",
            "AffordanceDescription",
            "CapabilityError",
            "ComponentDescription",
            "ComposeError",
            "Contact",
            "DataSchema",
            "Effect",
            "EventAffordance",
            "EventSource",
            "Evidence",
            "ExpectedResponse",
            "Form",
            "Hazard",
            "Json",
            "Link",
            "ModelError",
            "Observation",
            "Occurrence",
            "Operation",
            "Privacy",
            "Privilege",
            "Property",
            "PropertyAffordance",
            "Quality",
            "Reading",
            "Refusal",
            "Report",
            "Reversibility",
            "SchemaError",
            "SecurityScheme",
            "Thing",
            "ThingDescription",
            "ThingModel",
            "Validator",
            "VersionInfo",
            "all_models",
            "allot_names",
            "compile_schema",
            "fits",
            "model",
            "primary",
            "slug",
        ]
    )


def test_every_public_name_is_there() -> None:
    for name in capabilities.__all__:
        assert getattr(capabilities, name) is not None


def test_no_other_name_is_there() -> None:
    assert not hasattr(capabilities, "no_such_name")


def test_composing_does_not_load_pydantic() -> None:
    """The TD models cost 30 ms and 5 MB; a gateway that parses no foreign TD does without them."""
    script = "import sys, capabilities.compose; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
