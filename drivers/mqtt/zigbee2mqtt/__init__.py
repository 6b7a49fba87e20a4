"""Zigbee2MQTT as a whole: what its bridge says of its network, beside the discovery messages of single devices.

`network.py` reads the bridge's topics, `bridge.py` keeps what one bridge said, `bridges.py` knows them all and what follows
for their devices.
"""
