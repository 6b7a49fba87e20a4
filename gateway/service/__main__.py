"""`hearth service …`; `systemd/install` runs it from a wheel that is not installed yet."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.service import flows, keys
from gateway.service.box import Box, Places, ServiceError, check_python
from gateway.service.releases import Wheel, read_wheel


def main(arguments: Sequence[str] | None = None) -> int:
    """An exit code: 0, or 1 with a sentence on stderr."""
    given = _parser().parse_args(arguments)
    try:
        check_python()
        if given.what != "status" and not given.dry_run and os.geteuid() != 0:
            raise ServiceError(
                "this changes the system: run it with sudo (or with --dry-run, to see what it would do)"
            )
        _do(given, Box(Places(), dry=given.dry_run, steady_s=given.steady))
    except (ServiceError, OSError) as error:
        print(f"hearth service: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _do(given: argparse.Namespace, box: Box) -> None:
    if given.what == "install":
        flows.install(box, _wheel(given))
    elif given.what == "upgrade":
        flows.upgrade(box, _wheel(given))
    elif given.what == "rollback":
        flows.rollback(box, consent=given.lose_changes)
    elif given.what == "uninstall":
        flows.uninstall(box)
    elif given.what == "keep-key":
        keys.keep(box)
    else:
        flows.status(box)


def _wheel(given: argparse.Namespace) -> Wheel:
    return read_wheel(
        given.wheel,
        beside=given.wheels,
        constraints=given.constraints,
        extras=given.extras,
        python=given.python,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hearth service",
        description="The gateway as a service of this box: install, upgrade, roll back.",
    )
    verbs = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    for name, told in (
        ("install", "make the service from a wheel of the gateway, and start it"),
        ("upgrade", "put the next release in place; where it does not come up, the one before runs again"),
    ):
        verb = _verb(verbs, name, told)
        verb.add_argument("wheel", type=Path, help="hearth_gateway-VERSION-py3-none-any.whl")
        verb.add_argument(
            "--wheels", type=Path, metavar="DIR", help="what it needs, as wheels: nothing is fetched"
        )
        verb.add_argument("--constraints", type=Path, metavar="FILE", help="the versions it was tested with")
        verb.add_argument("--extras", default="all", help="which protocols (default: all)")
        verb.add_argument(
            "--python", default="/usr/bin/python3", help="that runs it (default: /usr/bin/python3)"
        )
    back = _verb(verbs, "rollback", "go back to the release before, with the data")
    back.add_argument(
        "--lose-changes", action="store_true", help="also where the database has to go back, too"
    )
    _verb(verbs, "status", "what is installed, and how it does")
    _verb(verbs, "uninstall", "take the service away; the house's data stay")
    _verb(
        verbs,
        "keep-key",
        "move the key of the devices' secrets out of the state directory, into a credential",
    )
    return parser


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, told: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=told, description=told)
    verb.add_argument(
        "--steady", type=float, default=10.0, metavar="SECONDS", help="so long it must stay up (default: 10)"
    )
    verb.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    return verb


if __name__ == "__main__":
    sys.exit(main())
