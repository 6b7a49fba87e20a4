"""Recordings of a broker: which topics to follow, what must not be told to anybody, and how it is written down. No I/O."""
