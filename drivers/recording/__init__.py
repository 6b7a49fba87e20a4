"""What devices said, taken down for a test: what must not leave a house is replaced before anything is written. No I/O."""
