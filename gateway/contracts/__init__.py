"""Context contracts: who may know what of the house, for which purpose, how fine, how long."""

from gateway.contracts.contract import Contract, State
from gateway.contracts.keeper import Contracts, open_contracts
from gateway.contracts.terms import ContractTerms

__all__ = ["Contract", "ContractTerms", "Contracts", "State", "open_contracts"]
