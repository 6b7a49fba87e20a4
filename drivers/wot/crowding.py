"""Whose description is given up where there are too many: nobody has room because he asks for more of it.

What one host announces counts together, and so does what one directory lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from drivers.wot.sources import Source


def one_to_give_up(
    sources: Mapping[str, Source], newcomer: Source, is_kept: Callable[[Source], bool]
) -> str | None:
    """The key of a stranger's source, of whoever has most of them; first one that does not answer, then the oldest. None where
    everything is known, or nobody has more than `newcomer`'s place would have then.
    """
    parents = {id(one.parent) for one in sources.values() if one.parent is not None and is_kept(one)}
    strangers = {
        key: one
        for key, one in sources.items()
        if not one.is_configured and not is_kept(one) and id(one) not in parents
    }
    shares = Counter(map(_place, strangers.values()))
    silent = [key for key, one in strangers.items() if not one.device and one.failures]
    if silent:
        return max(silent, key=lambda key: shares[_place(strangers[key])])
    if not shares:
        return None
    place, most = shares.most_common(1)[0]
    if is_kept(newcomer) or shares[_place(newcomer)] < most:
        return next(key for key, one in strangers.items() if _place(one) == place)
    return None


def _place(source: Source) -> str:
    if source.parent is not None:
        return f"listed {source.parent.key}"
    return source.addresses[0] if source.addresses else source.home.host
