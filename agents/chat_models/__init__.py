"""Chat models that the same graph runs on: embedded (no key, no network), a service, a recording."""
