"""W3C Web of Things: any Thing Description found on the network or given by URL, over http(s)."""
