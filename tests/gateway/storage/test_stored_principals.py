"""A principal comes back from the database as it went in, with everybody who made it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.principals import principal_from, principal_to
from policies import Principal, Role

NAMES = st.text(max_size=8)
LEAVES = st.builds(
    Principal,
    NAMES,
    st.sampled_from(Role),
    NAMES,
    NAMES,
    st.booleans(),
    st.none() | st.sampled_from(Role),
)
MADE = st.recursive(
    LEAVES,
    lambda makers: st.builds(
        Principal, NAMES, st.just(Role.AGENT), makers=st.lists(makers, max_size=3).map(tuple)
    ),
)


@given(MADE)
def test_it_is_the_same(principal: Principal) -> None:
    assert principal_from(json.loads(json.dumps(principal_to(principal)))) == principal
