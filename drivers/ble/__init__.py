"""Bluetooth Low Energy: what advertisements tell, and standard GATT services."""
