"""Chainlit wants a file to load when it is mounted. The chat itself is ui/chat.py, registered before that."""
