"""Install, upgrade, roll back, uninstall: the order of the steps, so that whatever fails leaves a gateway that runs.

Nothing here removes /var/lib/hearth or /etc/hearth.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from gateway.service import releases, snapshots, units
from gateway.service.box import Box, ServiceError

BROKERS_AT: Final = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


def install(box: Box, wheel: releases.Wheel) -> None:
    """The first release, or the next one: then it is an upgrade. Raises `ServiceError`."""
    _check(box)
    if releases.in_use(box) is not None:
        upgrade(box, wheel)
        return
    release = releases.make(box, wheel)
    units.put(box, release)
    releases.try_out(box, release)
    releases.switch(box, release)
    box.run("systemctl", "enable", units.UNIT)
    units.start(box)
    _speak_of_the_broker(box)
    box.done(
        f"{release.name} is installed. The people of the box: sudo usermod -aG hearth-admin $USER; then: hearth pair"
    )


def upgrade(box: Box, wheel: releases.Wheel) -> None:
    """The next release, and the one before again where it does not come up. Raises `ServiceError` in both cases."""
    _check(box)
    old = releases.in_use(box)
    if old is None:
        raise ServiceError("nothing is installed here: use install")
    new = releases.make(box, wheel)
    if new == old:
        box.tell(f"{new.name} is in use already")
        return
    releases.try_out(box, new)
    was_active = units.is_active(box)
    units.stop(box)
    try:
        snapshots.take(box, old)
    except (OSError, ServiceError):
        if was_active:
            units.start(box)
        raise
    try:
        releases.switch(box, new)
        units.put(box, new)
        units.start(box)
    except (OSError, ServiceError) as error:
        box.tell(f"{new.name} does not come up: {error}")
        _back(box, old, new, consent=True)
        raise ServiceError(
            f"{new.name} was not put into use; {old.name} runs again, with its data"
        ) from error
    releases.prune(box)
    box.done(f"{new.name} is in use; {old.name} is kept: hearth service rollback")


def rollback(box: Box, *, consent: bool) -> None:
    """The release before. `consent`: also where what was changed since is lost. Raises `ServiceError`."""
    _check(box)
    new, old = releases.in_use(box), releases.before(box)
    if new is None or old is None or new == old:
        raise ServiceError("there is no release before this one to go back to")
    releases.try_out(box, old)
    units.stop(box)
    try:
        _back(box, old, new, consent=consent)
    except (OSError, ServiceError):
        if releases.in_use(box) == new:
            units.start(box)  # nothing was changed: it goes on
        raise
    box.done(f"{old.name} is in use again; {new.name} is kept")


def _back(box: Box, old: Path, new: Path, *, consent: bool) -> None:
    """With the service at a stand. Everything that forbids it is found before anything is changed."""
    units.stop(box)
    changed = snapshots.changed_since(box, old)
    if snapshots.LEDGER in changed:
        raise ServiceError(
            f"{new.name} changed the ledger's form, and what happened is not undone: go forward, not back"
        )
    known, form = releases.schema_of(old), snapshots.form_of(box.places.state / snapshots.DATABASE)
    must_put_back = known is not None and form > known
    if must_put_back and not consent:
        raise ServiceError(
            f"{old.name} does not know the database's present form ({form}, it knows {known}). Going back puts it back as it"
            " was before the upgrade: what was adopted, paired or allowed since would have to be done anew."
            " Say `hearth service rollback --lose-changes` if that is what you want"
        )
    if must_put_back:
        box.tell(snapshots.put_back(box, old, new))
    if snapshots.HISTORY in changed:
        aside = box.places.state / f"{snapshots.HISTORY}.of-{new.name}"
        box.say(f"keep the history aside as {aside}: {old.name} does not know its form, and begins a new one")
        if not box.dry:
            snapshots.put_aside(box, snapshots.HISTORY, new)
    releases.switch(box, old)
    units.put(box, old)
    units.start(box)


def uninstall(box: Box) -> None:
    """Takes the service and its releases away. The house's data and settings stay. Raises `ServiceError`."""
    _check(box)
    units.stop(box)
    box.ask("systemctl", "disable", units.UNIT) if not box.dry else None
    units.take_away(box)
    box.remove(box.places.at("opt/hearth"))
    box.tell(
        f"the data stays in {box.places.state}, the settings in {box.places.config.parent}: they are yours to remove"
    )


def status(box: Box) -> None:
    """What is installed, and how it does."""
    now, old = releases.in_use(box), releases.before(box)
    box.tell(f"in use:     {now.name if now else 'nothing is installed'}")
    box.tell(f"before it:  {old.name if old and old != now else 'none'}")
    for name in ("ActiveState", "SubState", "StatusText", "NRestarts", "Result", "ActiveEnterTimestamp"):
        code, said = box.ask("systemctl", "show", "-P", name, units.UNIT)
        box.tell(f"{name + ':':22}{said if not code else 'not told'}")


def _check(box: Box) -> None:
    if not shutil.which("systemctl"):
        raise ServiceError(
            "there is no systemd here. In a container, or on another system, let its own supervisor run"
            " `hearth run --config hearth.toml`: it ends on SIGTERM, and starts again where it stopped"
        )


def _speak_of_the_broker(box: Box) -> None:
    config = box.places.config
    lines = config.read_text().splitlines() if config.exists() else []
    if any(line.startswith("[mqtt.managed]") for line in lines) and not shutil.which(
        "mosquitto", path=BROKERS_AT
    ):
        box.tell(
            "hearth.toml wants a broker of its own, and mosquitto is missing: sudo apt-get install mosquitto"
        )
