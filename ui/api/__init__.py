"""The HTTP API for programs: /api/v1 in the web process, by token, with OpenAPI."""
