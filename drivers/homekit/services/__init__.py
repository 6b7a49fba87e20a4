"""Services of HomeKit as components: one function for each service type."""
