"""The ledger as lines of JSON, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TextIO

import orjson

from gateway.ledger.reader import Reader

_PAGE_ROWS: Final = 1000


def export(
    directory: Path, *, out: TextIO, after: int = 0, before: int | None = None, private: bool = False
) -> int:
    """Write the records with `after` < number < `before` to `out`, one JSON object a line; how many there were.

    Private parts are left out unless `private` is true; each line carries what the chain covers, so that it can be checked
    without them. Works while the gateway runs. Raises `sqlite3.Error` if there is no readable ledger.
    """
    reader = Reader(directory)
    count = 0
    try:
        for record in reader.all(after, before, _PAGE_ROWS):
            line: dict[str, object] = {
                "seq": record.seq,
                "at": round(record.at * 1000),
                "kind": record.kind,
                "execution": record.execution,
                "principal": record.principal,
                "thing": record.thing,
                "body": record.body,
                "hash": record.hash,
            }
            if record.private_hash:
                line["private_hash"] = record.private_hash
            if private and record.private is not None:
                line["private"] = record.private
            out.write(orjson.dumps(line).decode() + "\n")
            count += 1
    finally:
        reader.close()
    return count
