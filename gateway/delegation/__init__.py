"""Handing rights on: a holder of a token makes a narrower one for somebody else."""
