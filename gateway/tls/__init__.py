"""TLS on the house's network: an authority of the gateway's own, and certificates that it renews while it serves."""
