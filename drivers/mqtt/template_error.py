"""The one error of templates."""

from __future__ import annotations


class TemplateError(ValueError):
    """A template that is not run; the text says why."""
