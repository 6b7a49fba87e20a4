"""GATT: standard services of devices that are connected to."""
