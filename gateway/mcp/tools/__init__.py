"""The tools, one file each or a few that belong together; `gateway.mcp.tools.table` lists them."""
