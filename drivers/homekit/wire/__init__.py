"""Bytes: HTTP messages and encrypted frames, without I/O, and the connection that carries them."""
