"""The key of the devices' secrets as a credential of the service (systemd.exec(5), "Credentials"), not a file beside them.

A copy of the state directory alone then opens nothing. Whoever has the whole disk has both, unless the credential is sealed
to the box's TPM (`systemd-creds encrypt --with-key=tpm2`).
"""

from __future__ import annotations

from typing import Final

from gateway.service import units
from gateway.service.box import Box, ServiceError
from gateway.service.snapshots import open_own

KEY: Final = "vault.key"
KEY_BYTES: Final = 32
CREDENTIAL: Final = "etc/credstore/hearth-vault-key"


def keep(box: Box) -> None:
    """Moves the key, and puts it back where the gateway does not start with it. Raises `ServiceError`, `OSError`."""
    source, target = box.places.state / KEY, box.places.at(CREDENTIAL)
    if not source.exists():
        raise ServiceError(
            f"{target} is in use already"
            if target.exists()
            else f"there is no {source} yet: it comes with the first secret"
        )
    with open_own(source) as file:
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise ServiceError(f"{source} is no key: it has not {KEY_BYTES} bytes")
    if target.exists() and target.read_bytes() != key:
        raise ServiceError(
            f"{target} is another key than {source}: nothing is changed; one of them opens the secrets"
        )
    units.stop(box)
    box.write(target, key, 0o600)
    aside = source.with_name(f"{KEY}.moved")
    box.say(f"remove {source}: the credential {target} takes its place; keep a copy of it with your backups")
    if not box.dry:
        source.replace(aside)
    try:
        units.start(box)
    except ServiceError:
        aside.replace(source)
        raise
    if not box.dry:
        aside.unlink()
