"""Modbus RTU and TCP: devices described by profiles."""
