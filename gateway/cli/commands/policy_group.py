"""`hearth policy`: the group that the commands about rules attach themselves to, each from a module of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

MODULES: Final[dict[str, str]] = {
    "edit": "policy_edit",
    "undo": "policy_edit",
    "init": "policy_edit",
    "proposals": "policy_accept",
    "accept": "policy_accept",
    "help-rules": "policy_learn",
    "help-cases": "policy_learn",
    "words": "policy_learn",
    "explain": "policy_explain",
    "show": "policy_look",
    "check": "policy_try",
    "test": "policy_try",
    "diff": "policy_try",
    "shadow": "policy_look",
    "reload": "policy_look",
    "schema": "policy_learn",
    "waive": "waivers",
    "waivers": "waivers",
    "unwaive": "waivers",
}
"""Command → its module in gateway.cli.commands. There it is decorated with `@policy.command(...)`."""


class PolicyGroup(click.Group):
    """Imports a command's module when it is used, and all of them for the list."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        import_module(f"gateway.cli.commands.{MODULES[cmd_name]}")
        return super().get_command(ctx, cmd_name)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from gateway.cli.policy_texts import IN_SHORT  # noqa: PLC0415 (long, and seldom wanted)

        formatter.write_paragraph()
        formatter.write(IN_SHORT)


@click.group(
    cls=PolicyGroup, short_help="The rules of the house: what they allow, and who may leave one out."
)
def policy() -> None:
    """What somebody may do in this house: look at the rules, change them, try them, and leave one out for a while."""
