"""The Model Context Protocol for agents: general tools and Things as resources, at `/mcp`. The library is loaded with the first
authenticated request, and nowhere but in `gateway.mcp.bridge` and what only that imports.
"""
