"""The endpoint's core under clang with all its warnings, fuzzed, at 10^6 corrupted frames, as sketches; and how large it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.firmware_bridge_build import BRIDGE, built, made

ROOT = Path(__file__).parents[2]
FUZZ_SECONDS = 15
FRAMES = 1_000_000
CODE_BYTES_AT_MOST = 8 * 1024
STATE_BYTES_AT_MOST = 1024

pytestmark = pytest.mark.peers


def needs(*programs: str) -> None:
    for program in programs:
        subprocess.run([ROOT / ".ci/system-packages", program], check=False, capture_output=True)
        if shutil.which(program) is None:
            pytest.skip(
                f"{program} is not installed, and cannot be installed from here (see .ci/system-packages)"
            )


def test_clang_with_all_warnings_and_sanitizers() -> None:
    needs("clang")
    assert made("test-clang").endswith(" checks, 0 failed\n")


def test_a_bounded_fuzz_run_finds_nothing() -> None:
    needs("clang")
    built("fuzz")
    said = made("fuzz", f"FUZZ_SECONDS={FUZZ_SECONDS}")
    runs = re.search(r"Done (\d+) runs in", said)
    assert runs
    print(f"libFuzzer: {runs[1]} runs in {FUZZ_SECONDS} s")  # noqa: T201 - the figure is what is wanted
    assert int(runs[1]) > 10_000


def test_of_a_million_corrupted_frames_none_is_accepted() -> None:
    done = subprocess.run([built("corrupted"), str(FRAMES)], check=False, capture_output=True, text=True)
    print(done.stdout)  # noqa: T201 - the figure is what is wanted
    assert done.returncode == 0
    assert f"{FRAMES} corrupted frames: 0 accepted" in done.stdout


def test_the_sketches_for_an_esp32_run_against_a_stub_of_arduino() -> None:
    needs("g++")
    said = made("arduino")
    assert said.count("the sketch answers") == 3
    # Off from the first moment on, whichever level that is; nothing moves at the start.
    # A line of its own each: on a fresh clone the compiler's lines, which end with the same names, come first.
    high, low = f"\n{said}".split("\nbuild/sketch-relay\n")[1].split("\nbuild/sketch-relay-low\n")
    assert "pin 26 is an output, and begins LOW" in high
    assert "pin 26 is an output, and begins HIGH" in low
    assert "pin 26 goes" not in said


def test_the_first_endpoint_of_the_readme_compiles(tmp_path: Path) -> None:
    needs("g++")
    code = (BRIDGE / "README.md").read_text().split("```cpp\n")[1].split("```")[0]
    assert len(code.splitlines()) <= 12
    (tmp_path / "first.cpp").write_text(code)
    port = BRIDGE / "ports/esp32-arduino"
    folders = (port, port / "stub", BRIDGE / "include", BRIDGE / "examples", BRIDGE / "examples/relay")
    command = [
        "g++",
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fsyntax-only",
        "-DARDUINO=10819",
        "-include",
        "Arduino.h",
    ]
    command += [*(f"-I{folder}" for folder in folders), str(tmp_path / "first.cpp")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_code_and_memory_stay_small_and_nothing_is_static() -> None:
    needs("arm-none-eabi-gcc")
    said = made("size")
    print(said)  # noqa: T201 - the figure is what is wanted
    library = re.search(r"\*\*the library\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*", said)
    state = re.search(r"`hb_bridge` \| (\d+)", said)
    assert library
    assert state
    assert int(library[1]) <= CODE_BYTES_AT_MOST
    assert int(library[2]) == 0, "the library has data of its own"
    assert int(state[1]) <= STATE_BYTES_AT_MOST


def test_the_readme_has_the_figures_that_are_measured() -> None:
    needs("arm-none-eabi-gcc")
    said = made("size").splitlines()
    compiler = next(line for line in said if "Cortex-M0" in line)
    rows = [line for line in said if line.startswith("| ") and re.search(r"\d", line)]
    readme = (BRIDGE / "README.md").read_text()
    if compiler not in readme:
        pytest.skip(f"the README's figures are of another compiler than {compiler}")
    assert [row for row in rows if row not in readme] == []
