"""The command `hearth`: what people and scripts at a terminal use."""
