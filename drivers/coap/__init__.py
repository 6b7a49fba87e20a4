"""Endpoints that speak CoAP, over serial lines and UDP: each describes itself by a Thing Description."""
