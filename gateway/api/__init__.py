"""The authenticated HTTP API. `server.serve` opens it, `server.make_app` is the application without its listeners."""
