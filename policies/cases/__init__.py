"""Examples of what the rules decide, checked: `parse_cases` reads a case file, `run_cases` tells which hold.

The language of the files is in `policies.cases.documents`; those that ship are in `policies/defaults/cases`.
"""

from policies.cases.checks import CaseResult
from policies.cases.reading import Case, Cases, parse_cases
from policies.cases.run import run_case, run_cases

__all__ = ["Case", "CaseResult", "Cases", "parse_cases", "run_case", "run_cases"]
