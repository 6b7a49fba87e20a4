"""The gateway as a service: what it tells systemd, what feeds its watchdog, and how releases are put in place."""
