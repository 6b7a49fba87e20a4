"""The native API on the wire: frames, encryption, one connection. Messages and the Noise handshake are aioesphomeapi's.

Its client is not used, on purpose. It collects the list of entities without a bound, takes seconds for one read full of
three-byte frames (it copies the rest of its buffer for each), lets a malformed message out into the loop's exception handler,
and writes the contents of messages, among them the codes of locks, into the log.
"""
