"""Tasmota's own discovery: `tasmota/discovery/<MAC>/config` and `…/sensors`, beside Home Assistant's format.

`reading.py` reads the messages, `controls.py`, `inputs.py` and `sensors.py` say the same in Home Assistant's words, so that the
components of this driver do the rest, `natives.py` keeps the devices and hands them to the discovery.
"""
