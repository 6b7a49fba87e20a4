"""Which rules are in force: the household's file and the sets beside it, looked at again whenever one of them changes."""

from gateway.rulebook.edition import Edition, SetText, compose
from gateway.rulebook.files import FOLDER, Found, read_folder
from gateway.rulebook.keeper import RuleKeeper
from gateway.rulebook.start import Opened, open_rules

__all__ = [
    "FOLDER",
    "Edition",
    "Found",
    "Opened",
    "RuleKeeper",
    "SetText",
    "compose",
    "open_rules",
    "read_folder",
]
