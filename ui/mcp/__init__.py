"""The command center as a Model Context Protocol server: governed tools over stdio and streamable HTTP."""
