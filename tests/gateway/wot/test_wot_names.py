"""Ids that no other installation has: made once, and understood wherever a Thing is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.app import open_gateway
from gateway.config import Config, Http
from gateway.names import Names, names_of, new_installation
from gateway.storage import Database, SettingsRepository

OURS = Names("0123456789abc")
SLUG = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)


@settings(max_examples=50)
@given(SLUG)
def test_every_name_of_a_thing_leads_to_it(thing: str) -> None:
    assert OURS.plain(OURS.urn(thing)) == OURS.plain(f"urn:hearth:{thing}") == OURS.plain(thing) == thing
    assert OURS.are_of(OURS.urn(thing))


@settings(max_examples=50)
@given(SLUG, st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=13, max_size=13))
def test_another_installations_thing_is_none_of_ours(thing: str, other: str) -> None:
    foreign = Names(other).urn(thing)
    if other != OURS.installation:
        assert OURS.plain(foreign) == foreign
        assert not OURS.are_of(foreign)


def test_what_only_begins_alike_is_not_ours() -> None:
    assert OURS.are_of("urn:hearth:0123456789abc")
    assert not OURS.are_of("urn:hearth:0123456789abcd")
    assert not OURS.are_of("urn:hearth:0123456789abcd:lamp")
    assert not OURS.are_of("")


def test_installations_differ() -> None:
    assert len({new_installation() for _ in range(1000)}) == 1000


async def test_an_installation_is_made_once(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0))
    async with open_gateway(config, drivers={}) as gateway:
        first = gateway.names.installation
    async with open_gateway(config, drivers={}) as gateway:
        assert gateway.names.installation == first


@pytest.mark.parametrize("spoilt", ["", "UPPER", 7, None, "0123456789abc:", "urn:hearth"])
async def test_what_is_no_installation_is_made_anew(tmp_path: Path, spoilt: object) -> None:
    async with Database(tmp_path / "hearth.db") as database:
        settings = SettingsRepository(database)
        await settings.set("installation", spoilt)  # type: ignore[arg-type]
        made = await names_of(settings)
        assert len(made.installation) == 13
        assert (await names_of(settings)).installation == made.installation
