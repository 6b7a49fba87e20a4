"""What publishers mean by a device class or a unit, for every driver whose devices speak in Home Assistant's."""
