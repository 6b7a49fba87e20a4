"""`hearth mcp`: the gateway's `/mcp` on stdin and stdout, for agents' hosts that start a program instead of speaking HTTP."""
