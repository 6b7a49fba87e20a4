"""What the house was like: every property's past, in levels from the single report to the day. See README.md."""
