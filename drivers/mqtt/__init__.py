"""MQTT 5 and 3.1.1, with Home Assistant's discovery format as the description of devices."""
