"""Wheels of the gateway: this one, and later ones that never were."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def built(folder: Path) -> Path:
    """The gateway, and all that it needs without its extras, but for MQTT. Raises `CalledProcessError` without a registry."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "wheel",
        "--quiet",
        "--wheel-dir",
        str(folder),
    ]
    subprocess.run(
        [*pip, "--constraint", ROOT / "constraints.txt", f"{ROOT}[mqtt]"], check=True, capture_output=True
    )
    return next(folder.glob("hearth_gateway-*.whl"))


def later(wheel: Path, version: str, *, with_files: Mapping[str, str]) -> Path:
    """The same as another version, with further files, or others in their place."""
    old = wheel.name.split("-")[1]
    target = wheel.with_name(wheel.name.replace(f"-{old}-", f"-{version}-"))
    with zipfile.ZipFile(wheel) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name in with_files:
                continue
            data = before.read(name)
            if name.endswith(("/METADATA", "/RECORD")):
                data = data.replace(f"Version: {old}".encode(), f"Version: {version}".encode())
                data = data.replace(f"-{old}.dist-info".encode(), f"-{version}.dist-info".encode())
            after.writestr(name.replace(f"-{old}.dist-info", f"-{version}.dist-info"), data)
        for name, text in with_files.items():
            after.writestr(name, text)
    return target
