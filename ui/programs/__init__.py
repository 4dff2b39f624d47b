"""What programs may ask (over MCP, over HTTP) and in whose name: the same door as people, by token."""
