"""What is seen around the box, once for all drivers: one mDNS browser, one BLE scanner, one serial watcher."""
