"""The app's files: complete in both languages, of one piece, small, and asking nobody but the gateway."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from capabilities.vocabulary import Json
from gateway.approvals.asked import End
from gateway.commands import Result
from gateway.notify.reminders import Stage
from gateway.plans.plan import End as PlanEnd
from gateway.web.assets import APART, FIRST, Assets
from policies.decision import Obligation, RuleRef

FOLDER = Path(str(files("gateway.web").joinpath("files")))
SCRIPTS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))
OURS = [name for name in SCRIPTS if not name.startswith("vendor/")]
IMPORT = re.compile(r"""(?:\bfrom\s+|\bimport\s*\(?\s*)["']([^"'`]+)["']""")
WORDS = re.compile(r"""\bt\(\s*["']([\w.]+)["']""")

FIRST_PAGE_BYTES = 60_000
"""Of what is asked for at first; with the cards of 200 Things it has to be below 100 kB."""


def leaves(book: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in book.items():
        found |= leaves(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return found


def texts() -> dict[str, dict[str, str]]:
    return {
        language: leaves(book) for language, book in json.loads((FOLDER / "texts.json").read_text()).items()
    }


def test_both_languages_say_the_same_things() -> None:
    english, german = (texts()[language] for language in ("en", "de"))
    assert english.keys() == german.keys()
    members = {name: set(re.findall(r"\{\w+\}", text)) for name, text in english.items()}
    for name, text in german.items():
        assert set(re.findall(r"\{\w+\}", text)) == members[name], name
        assert text.strip(), name


@pytest.mark.parametrize("script", OURS)
def test_a_script_says_only_what_there_is_a_text_for(script: str) -> None:
    book = json.loads((FOLDER / "texts.json").read_text())["en"]
    for key in WORDS.findall((FOLDER / script).read_text()):
        part: Any = book
        for name in key.split("."):
            assert isinstance(part, dict), key
            assert name in part, key
            part = part[name]
        assert isinstance(part, str) or {"one", "other"} <= part.keys(), key


@pytest.mark.parametrize("script", OURS)
def test_what_a_script_imports_is_there(script: str) -> None:
    for name in IMPORT.findall((FOLDER / script).read_text()):
        if name.startswith("/pages/"):
            assert files("gateway.pages").joinpath(name.removeprefix("/pages/")).is_file(), name
            continue
        assert name.startswith("."), f"{name} is nothing of ours"
        there = (FOLDER / PurePosixPath(script).parent / name).resolve()
        assert there.is_file(), name


@pytest.mark.parametrize("name", [*OURS, "index.html", "style.css", "manifest.webmanifest"])
def test_nothing_is_unsafe_or_asks_anybody_else(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert not re.findall(r"\b(?:https?:)?//(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}", text), (
        "an address of somebody else"
    )
    for unsafe in (
        ".innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "dangerouslySetInnerHTML",
        "eval(",
        "new Function",
        "document.write",
    ):
        assert unsafe not in text
    assert "<style" not in text
    assert not re.search(r"""<[a-z]+[^>]*\sstyle=["']""", text), "the policy forbids style attributes"


def test_what_was_taken_over_is_what_was_published() -> None:
    listed = re.findall(
        r"^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$", (FOLDER / "vendor/README.md").read_text(), re.M
    )
    assert {name for name, _ in listed} == {path.name for path in (FOLDER / "vendor").glob("*.[jc]s*")}
    for name, digest in listed:
        assert hashlib.sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == digest, name


def test_the_first_page_is_small_and_named_by_its_version() -> None:
    assets = Assets()
    index = assets.get("index.html")
    assert index is not None
    text = index.body.decode()
    assert "{{" not in text
    assert all(f"/app/{assets.version}/{name}" in text for name in FIRST)
    needed = ("index.html", "main.js", "style.css", "texts.de.json", *FIRST)
    small = {name: assets.get(name) for name in needed}
    assert sum(len(one.gzipped or one.body) for one in small.values() if one) < FIRST_PAGE_BYTES
    worker = assets.get("sw.js")
    assert worker is not None
    assert b"{{" not in worker.body
    kept = json.loads(re.search(r"const FILES = (\[.*?\]);", worker.body.decode())[1])  # type: ignore[index]
    assert {"main.js", *FIRST} <= set(kept)
    assert not APART & set(kept)
    assert Assets().version == assets.version


def test_every_notice_has_its_sentences() -> None:
    """What the gateway takes apart (`in_parts`) the app can put together."""
    book = json.loads((FOLDER / "texts.json").read_text())["en"]["told"]
    source = "\n".join(path.read_text() for path in FOLDER.parents[1].rglob("*.py"))
    said = set(re.findall(r"in_parts\(\s*\"(\w+)\"", source))
    said |= {*Stage, *(End.APPROVED, End.DENIED, End.WITHDRAWN), "not_put_back", "task", "look"}
    assert {"asked", "stays_on", "agent_asks", "done"} <= said
    assert {one for one in said if "title" not in book.get(one, {})} == set()
    assert {*Result, *PlanEnd} <= book["result"].keys()


def test_what_a_command_owes_is_recognised() -> None:
    """The app says it in other languages by the form of the gateway's sentences."""
    forms = re.findall(r"/(\^is .+?\$)/", (FOLDER / "parts/owed.js").read_text())
    rule = RuleRef("safety", "r")
    duties: list[tuple[str, Json]] = [("max_on", 60), ("restore", 1.5), ("notify", ["adult", "anna"])]
    for kind, value in duties:
        sentence = Obligation(kind, rule, value).say()
        assert any(re.fullmatch(form.strip("^$"), sentence) for form in forms), sentence
    assert f'"{Obligation("confirm", rule, True).say()}"' in (FOLDER / "parts/owed.js").read_text()
