"""ESPHome: its native API over TCP."""
