"""Advertisements, decoded by the ecosystem's parsers: one small file each, and a line in `table.py`."""
