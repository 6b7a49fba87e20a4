"""The files of the house's sets: what is read, and what is said of what cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.rulebook.edition import compose
from gateway.rulebook.files import LARGEST_FILE_BYTES, MOST_SETS, place_of, read_folder, signature
from gateway.rulebook.kept import FILE, keep, last_kept, replace_file
from gateway.rulebook.start import RulesUnusable, open_rules
from policies import PolicyError

OWN = 'format = 1\n[[allow]]\nid = "owner"\nwho = ["owner"]\nmay = ["*"]\nsee = ["*"]\nwhy = "All"\n'
MANDATE = 'format = 1\n[[limit]]\nid = "dim"\non = ["light.brightness"]\nvalue = { max = 40 }\nwhy = "w"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "policies"
    made.mkdir()
    return made


def fault(folder: Path) -> str:
    found = read_folder(folder)
    (problem,) = found.problems
    return place_of(problem, folder).removeprefix(f"{folder}/")


def test_without_a_folder_the_shipped_sets_are_the_rules(tmp_path: Path) -> None:
    found = read_folder(tmp_path / "policies")
    assert (found.texts, found.problems) == ({}, ())
    edition = compose(found.texts)
    assert edition.policy.sets == ("household", "safety")
    assert edition.own == {}


def test_every_file_is_a_set_named_after_it_and_the_safety_set_is_always_there(folder: Path) -> None:
    (folder / "household.toml").write_text(OWN)
    (folder / "landlord.toml").write_text(MANDATE)
    (folder / "trial.toml").write_text(MANDATE.replace("format = 1", "format = 1\nshadow = true"))
    edition = compose(read_folder(folder).texts)
    assert edition.policy.sets == ("household", "landlord", "safety", "trial")
    assert [one.name for one in edition.sets if one.own] == ["household", "landlord", "trial"]
    assert [one.name for one in edition.sets if one.shadow] == ["trial"]


def test_the_order_of_files_never_matters(folder: Path) -> None:
    texts = {"zeta": MANDATE, "household": OWN, "alpha": MANDATE}
    turned = dict(reversed(texts.items()))
    assert compose(texts).policy.version == compose(turned).policy.version


def test_a_mark_of_byte_order_is_no_fault(folder: Path) -> None:
    (folder / "household.toml").write_text(OWN, encoding="utf-8-sig")
    assert read_folder(folder).texts["household"] == OWN


def test_other_encodings_are_named_with_their_line(folder: Path) -> None:
    (folder / "household.toml").write_bytes("format = 1\n# für alle\n".encode("latin-1"))
    assert fault(folder) == "household.toml:2: is not UTF-8 (byte 0xFC): save it as UTF-8 in your editor"


def test_a_name_that_ships_is_taken(folder: Path) -> None:
    (folder / "safety.toml").write_text(MANDATE)
    assert "ships with Hearth" in fault(folder)


@pytest.mark.parametrize("name", ["Landlord.toml", "my rules.toml", "a" * 65 + ".toml", "é.toml"])
def test_names_are_such_as_findings_can_show(folder: Path, name: str) -> None:
    (folder / name).write_text(MANDATE)
    assert "a set is named after its file" in fault(folder)


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text(MANDATE)
    (folder / "landlord.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert "is a link out of its folder" in fault(folder)


def test_links_within_the_folder_are(folder: Path) -> None:
    (folder / "old.toml").write_text(MANDATE)
    (folder / "landlord.toml").symlink_to("old.toml")
    assert read_folder(folder).texts.keys() == {"old", "landlord"}


@pytest.mark.parametrize("target", ["nowhere.toml", "landlord.toml"])
def test_links_that_lead_nowhere(folder: Path, target: str) -> None:
    (folder / "landlord.toml").symlink_to(target)
    assert "leads nowhere" in fault(folder)


def test_what_is_no_file(folder: Path) -> None:
    (folder / "maker.toml").mkdir()
    assert fault(folder) == "maker.toml: is not a file"
    (folder / "maker.toml").rmdir()
    os.mkfifo(folder / "maker.toml")
    assert fault(folder) == "maker.toml: is not a file"


def test_huge_files_and_many_files(folder: Path) -> None:
    (folder / "maker.toml").write_bytes(b"#" * (LARGEST_FILE_BYTES + 1))
    assert "is larger than 1,000,000 bytes" in fault(folder)
    for number in range(MOST_SETS):
        (folder / f"set-{number}.toml").write_text(MANDATE)
    assert read_folder(folder).texts == {}
    assert "has 65 rule files; there may be 64" in fault(folder)


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_file_without_permission(folder: Path) -> None:
    (folder / "maker.toml").write_text(MANDATE)
    (folder / "maker.toml").chmod(0)
    assert fault(folder) == "maker.toml: cannot be read: Permission denied"


def test_what_is_no_rule_file_is_left_alone_and_told(folder: Path) -> None:
    for name in (".household.toml.swp", "household.toml~", "household.toml.before", ".hidden.toml"):
        (folder / name).write_text("junk")
    (folder / "landlord.tml").write_text(MANDATE)
    found = read_folder(folder)
    assert (found.texts, found.problems, found.ignored) == ({}, (), ("landlord.tml",))


def test_all_problems_of_all_sets_are_told_at_once(folder: Path) -> None:
    (folder / "household.toml").write_text(OWN + "[[limits]]\n")
    (folder / "landlord.toml").write_text("format = 2\n")
    (folder / "Maker.toml").write_text(MANDATE)
    found = read_folder(folder)
    with pytest.raises(PolicyError) as raised:
        compose(found.texts, found.problems)
    assert [(one.set, one.line) for one in raised.value.problems] == [
        ("Maker", 0), ("household", 8), ("landlord", 1),
    ]  # fmt: skip


def test_a_root_as_a_shadow_and_two_sets_of_one_name() -> None:
    with pytest.raises(PolicyError, match="nothing would work"):
        compose({"household": OWN.replace("format = 1", "format = 1\nshadow = true")})


def test_the_signature_changes_with_the_files_alone(folder: Path) -> None:
    nothing = signature(folder)
    (folder / "notes.txt").write_text("x")
    assert signature(folder) == nothing
    (folder / "household.toml").write_text(OWN)
    first = signature(folder)
    assert first != nothing
    assert signature(folder) == first
    (folder / "fresh").write_text(OWN)
    (folder / "fresh").replace(folder / "household.toml")
    assert signature(folder) != first
    (folder / "dangling.toml").symlink_to("nowhere")
    assert signature(folder) != first


# -------------------------------------------------------------------- what is kept


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    keep(tmp_path, {"household": OWN, "landlord": "# ü\n" + MANDATE})
    assert last_kept(tmp_path) == {"household": OWN, "landlord": "# ü\n" + MANDATE}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": 2, "sets": {}}', '{"format": 1, "sets": {"a": 1}}']
)
def test_what_cannot_be_read_was_not_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert last_kept(tmp_path) is None


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    (tmp_path / ".file.new").write_text("left by a crash")
    replace_file(path, b"new")
    assert path.read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    with pytest.raises(OSError, match="No such file"):
        replace_file(tmp_path / "nowhere" / "file", b"new")


# -------------------------------------------------------------------- what a gateway starts with


def test_with_a_broken_file_and_nothing_good_known_it_does_not_start(folder: Path) -> None:
    (folder / "household.toml").write_text(OWN.replace("may", "mey"))
    with pytest.raises(RulesUnusable) as raised:
        open_rules(folder.parent)
    assert str(raised.value).startswith(
        f'{folder}/household.toml:5: allow "owner": "mey" is not a known word'
    )


def test_with_a_broken_file_it_starts_with_the_last_good_rules_of_all_sets(folder: Path) -> None:
    keep(folder.parent, {"household": OWN, "landlord": MANDATE})
    (folder / "household.toml").write_text(OWN + "[[limits]]\n")
    opened = open_rules(folder.parent)
    assert opened.edition.own == {"household": OWN, "landlord": MANDATE}
    assert str(opened.problems[0]).startswith('household:8: "limits" is not a known word')


def test_if_what_was_kept_is_broken_too_it_does_not_start(folder: Path) -> None:
    keep(folder.parent, {"household": "format = 0"})
    (folder / "household.toml").write_text(OWN + "[[limits]]\n")
    with pytest.raises(RulesUnusable, match="limits"):
        open_rules(folder.parent)


def test_that_a_house_had_no_rules_of_its_own_is_known_too(folder: Path) -> None:
    keep(folder.parent, {})
    (folder / "household.toml").write_text("nonsense")
    assert open_rules(folder.parent).edition.policy.sets == ("household", "safety")
