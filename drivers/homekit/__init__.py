"""HomeKit accessories: the HomeKit Accessory Protocol over IP."""
