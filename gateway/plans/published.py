"""The JSON Schema of a plan (draft 2020-12), from its models."""

from __future__ import annotations

import json
from functools import cache
from typing import Final

NAME: Final = "plan"
TITLE: Final = "What may be sent to POST /plans: several commands as one."


@cache
def schema_text() -> str:
    from gateway.messages.published import of_model  # noqa: PLC0415 (both only where somebody asks)
    from gateway.plans.document import PlanDocument  # noqa: PLC0415

    return json.dumps(of_model("urn:hearth:plan", NAME, TITLE, PlanDocument), indent=2, ensure_ascii=False)
