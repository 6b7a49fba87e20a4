"""Web Push: notices on the screen of a phone whose browser is closed, by the push service of its maker, who cannot read them.

RFC 8030 (the protocol), RFC 8291 (encryption), RFC 8292 (VAPID: who sends). On `cryptography` alone, which the gateway has
loaded anyhow: it is 40 lines, where the usual library brings a second HTTP client and 38 MiB.
"""
