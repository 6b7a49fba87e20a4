"""The entry point of `hearth`: its commands, each imported when it is used."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from typing import Final, NoReturn

import click
from click.shell_completion import CompletionItem

from gateway.cli.exits import MEANINGS, Failure
from gateway.cli.session import Session, report_and_exit

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "things": ("things", "List the Things of the house."),
    "show": ("things", "Show a Thing: what it has, what it takes, how it is."),
    "read": ("things", "Read a property, or all of them."),
    "write": ("operate", "Write a property."),
    "do": ("operate", "Invoke an action."),
    "all": ("plan_all", "The same on all Things of a kind: hearth all light off."),
    "plan": ("plans", "Several commands as one: prepare, run, watch, cancel."),
    "plans": ("plans", "List plans: those that go on, and the last that ended."),
    "watch": ("watch", "Show what happens, as it happens."),
    "history": ("history", "Show what a property was like: a small plot, or a table."),
    "why": ("why", "Tell why a Thing is as it is: who, what for, under which rules."),
    "execution": ("execution", "Tell what became of a command."),
    "policy": ("policy_group", "The rules of the house: what they allow, and who may leave one out."),
    "mode": ("mode", "Show the mode of the house, or change it."),
    "approvals": ("approvals", "What people are asked just now."),
    "approve": ("approvals", "Say yes to what is asked: once, or for a while."),
    "deny": ("approvals", "Say no to what is asked."),
    "grants": ("grants", "What was allowed for a while: list, end."),
    "pin": ("grants", "The PIN of whoever answers at the box."),
    "obligations": ("obligations", "What is switched off or put back by itself, and what failed."),
    "leases": ("leases", "Who holds what, and what they accept of others."),
    "lease": ("leases", "Hold a Thing for a while, or give it back."),
    "contract": ("contracts", "What agents may know: make, show, read, revoke."),
    "messages": ("messages", "What was said about a plan or a task."),
    "assign": ("messages", "Give an agent a task."),
    "track-record": ("measures", "What somebody asked for, and what came of it."),
    "metrics": ("measures", "How well it goes: completion, recovery, corrections, what was caught."),
    "ledger": ("ledger", "What was attempted, decided and seen: tail, verify, export."),
    "discover": ("discover", "Look around for devices, and tell what is there."),
    "inbox": ("adoption", "List what was found and is not adopted yet."),
    "adopt": ("adoption", "Make something that was found a Thing."),
    "ignore": ("adoption", "Wave away something that was found."),
    "accept": ("adoption", "Accept a Thing that was announced anew with other commands."),
    "forget": ("adoption", "Remove a Thing."),
    "label": ("labels", "Put labels on a Thing, or take them off."),
    "room": ("labels", "Say in which room a Thing is."),
    "rename": ("labels", "Give a Thing another title."),
    "kind": ("kinds", "Say what a Thing is: what its relay feeds, what its motor moves."),
    "panic": ("panic", "Stop what moves, and lock all agents out. Asks nothing."),
    "token": ("tokens", "Tokens of agents, phones and guests: create, list, revoke."),
    "delegate": ("delegation", "Hand on less than you may do yourself, to somebody new, for a while."),
    "delegation": ("delegation", "What was handed on: list, show, revoke."),
    "guest": ("delegation", "Guests: invite one for a while."),
    "agent": ("agent", "Agents: which ask to be let in, which are in; accept, deny, revoke."),
    "pair": ("pairing", "Open a pairing window, or redeem a code and remember the gateway."),
    "ca": ("ca", "The authority that signs for this gateway: show, export, renew."),
    "notify": ("notify", "By which ways people are told, and whether they work."),
    "doctor": ("doctor", "Look for what is wrong, and say what to do."),
    "backup": ("backup", "Back up the house into one sealed file, or check one."),
    "restore": ("restore", "Restore the house from a backup."),
    "mcp": ("mcp", "Serve the gateway to an agent's host over stdin and stdout (MCP)."),
    "record": ("record", "Take down what devices say, without what is private."),
    "run": ("service", "Run the gateway."),
    "service": ("service_box", "The gateway as a service of this box: install, upgrade, roll back."),
    "demo": ("service", "Run a gateway with a simulated house."),
    "completion": ("completion", "Print the completion script of a shell."),
    "help": ("help", "Tell what a command does: the same as COMMAND --help."),
}
"""name → (module in gateway.cli.commands, help). The help is repeated here so that the list costs no import."""


INTERRUPTED: Final = 130
"""128 + SIGINT, as shells have it."""


class LazyGroup(click.Group):
    """A group whose commands are imported at first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"gateway.cli.commands.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from gateway.cli.names import nearest  # noqa: PLC0415 (only after a slip)

            near = nearest(args[0], COMMANDS)
            hint = f"did you mean `hearth {near[0]}`?" if near else "`hearth --help` lists the commands"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx) from error

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Failure as error:
            report_and_exit(ctx.find_object(Session) or Session(), error)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in MEANINGS.items()])
        with formatter.section("Environment"):
            formatter.write_dl(
                [
                    ("HEARTH_URL, HEARTH_TOKEN", "the gateway's address and a token, as --url and --token"),
                    ("HEARTH_SOCKET", "the gateway's socket on this box; there, no token is needed"),
                    ("HEARTH_CA", "a file with the certificate that a gateway with TLS is checked against"),
                    ("NO_COLOR", "no colours, even on a terminal"),
                ]
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found or click.Command.shell_complete(self, ctx, incomplete)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415 (slow, and seldom wanted)

        click.echo(f"hearth {version('hearth-gateway')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--url", metavar="URL", default="", help="The gateway's address (default: the gateway of this box)."
)
@click.option(
    "--token",
    metavar="TOKEN",
    default="",
    help="Act with this token; prefer HEARTH_TOKEN, others see arguments.",
)
@click.option(
    "--ca",
    metavar="FILE",
    default="",
    help="Check a gateway with TLS against this certificate (default: what pairing kept, or this box's own).",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def cli(ctx: click.Context, url: str, token: str, ca: str) -> None:
    """Hearth: the devices of a home as permissioned, observable, accountable Things.

    A THING is named by its id, its title, or the beginning of either. Every command takes --json.
    """
    ctx.obj = session = Session(url=url, token=token, ca_file=ca)
    ctx.call_on_close(session.close)


def main() -> NoReturn:
    """Runs one command; ends the process with a code of `gateway.cli.exits.Exit`."""
    # Each line is out when it is printed, also into a pipe: what watches prints one now and then, for hours.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    cli.main(prog_name="hearth")
