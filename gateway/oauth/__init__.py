"""Letting agents in by OAuth 2.0: they ask, a person accepts a code, and they get an ordinary narrower token of the gateway.

The core (`grants`, `clients`, `redirects`, `pkce`) knows no socket, no clock and no file. What is implemented: README.md.
"""
